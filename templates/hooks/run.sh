vela_hook() {
	vela_program={{program}}
	[ -x "$vela_program" ] || vela_program=$(command -v vela) || {
		echo "vela: it is not where it was when its hooks were installed; git goes on without it" >&2
		return 0
	}
	"$vela_program" hooks run {{options}}-- "$@" >&2
}
