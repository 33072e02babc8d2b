if [ "${3-}" = 1 ] && [ "${VELA_SKIP-}" != 1 ] && [ -e {{config}} ]; then
	{ read -r vela_head <"${GIT_DIR:-.git}/HEAD"; } 2>/dev/null || vela_head=ref:
	case $vela_head in
	ref:*) vela_hook post-checkout "$@" </dev/null || : ;;
	esac
	unset vela_head
fi
