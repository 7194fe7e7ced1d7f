# fixture.sh: sourced by the other scripts. Sets up the program, a temporary directory and an
# environment without the user's settings, and defines functions that print TAP.

binnacle=$(realpath "$1")
count=0
dir=$(mktemp -d)
chmod 711 "$dir" # if we are root, the database user must be able to enter
cd "$dir" || exit 1

for name in $(env | sed -n 's/^\([A-Z_]*\)=.*/\1/p'); do
	case $name in
	PATH | HOME | TMPDIR | ASAN_OPTIONS | UBSAN_OPTIONS | LSAN_OPTIONS) ;;
	*) unset "$name" ;;
	esac
done

# is NAME COMMAND …: a test that passes if the command succeeds.
is() {
	name=$1
	shift
	count=$((count + 1))
	if "$@" >output 2>&1; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' output | head -20
	fi
	[ "$1" = has ] || mv output last_output
}

# Checks that the output of the previous command matches the pattern.
has() {
	grep -qe "$1" last_output && return
	echo "no \"$1\" in: $(head -c 500 last_output)"
	return 1
}
