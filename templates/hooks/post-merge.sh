if [ "${VELA_SKIP-}" != 1 ] && [ -e {{config}} ]; then
	vela_hook post-merge "$@" </dev/null || :
fi
