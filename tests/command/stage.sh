# stage.sh: what the scripts beside it begin with: the program, a place of one's own, none of the
# settings of whoever runs the tests, and a line for each thing that should be so.

binnacle=$(realpath "$1")
count=0
place=$(mktemp -d)
chmod 711 "$place" # as root, the database's user must pass
cd "$place" || exit 1

for name in $(env | sed -n 's/^\([A-Z_]*\)=.*/\1/p'); do
	case $name in
	PATH | HOME | TMPDIR | ASAN_OPTIONS | UBSAN_OPTIONS | LSAN_OPTIONS) ;;
	*) unset "$name" ;;
	esac
done

# is NAME COMMAND …: the command succeeds.
is() {
	name=$1
	shift
	count=$((count + 1))
	if "$@" >now 2>&1; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' now | head -20
	fi
	[ "$1" = has ] || mv now said
}

# The pattern is in what the command before said.
has() {
	grep -qe "$1" said && return
	echo "no \"$1\" in: $(head -c 500 said)"
	return 1
}
