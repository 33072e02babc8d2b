if [ "${VELA_SKIP-}" != 1 ] && [ -e {{config}} ]; then
	vela_input=$(cat)
	if [ -n "$vela_input" ]; then
		vela_code=0
		printf '%s\n' "$vela_input" | vela_hook pre-push "$@" || vela_code=$?
		[ "$vela_code" -ne 1 ] || exit 1
		exec <<vela_input
$vela_input
vela_input
	else
		exec </dev/null
	fi
	unset vela_input vela_code
fi
