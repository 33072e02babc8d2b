[ -x "${0%/*}"/{{original}} ] || exit 0
exec "${0%/*}"/{{original}} "$@"
