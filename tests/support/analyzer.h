/*
 * Included before every file that clang-tidy looks at (after base/error.h, which has to be there first). Its analyzer
 * sees one file at a time, so that it has to be told that what makes an error returns -1.
 */
#ifndef VELA_TESTS_SUPPORT_ANALYZER_H
#define VELA_TESTS_SUPPORT_ANALYZER_H

#define error_set(...) (error_set(__VA_ARGS__), -1)
#define error_errno(...) (error_errno(__VA_ARGS__), -1)
#define error_wrap(...) (error_wrap(__VA_ARGS__), -1)
#define error_hint(...) (error_hint(__VA_ARGS__), -1)
#define error_rekind(...) (error_rekind(__VA_ARGS__), -1)
#define error_pass(...) (error_pass(__VA_ARGS__), -1)

#endif
