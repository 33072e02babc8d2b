if [ "${1-}" = committed ] && [ "${VELA_SKIP-}" != 1 ] && [ -e {{config}} ]; then
	vela_input=$(cat)
	case $vela_input in
	*" 0000000000000000000000000000000000000000 refs/heads/"*)
		printf '%s\n' "$vela_input" | vela_hook reference-transaction "$@" || :
		;;
	esac
	exec <<vela_input
$vela_input
vela_input
	unset vela_input
fi
