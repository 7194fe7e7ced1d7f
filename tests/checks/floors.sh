#!/bin/sh
# floors.sh: a room opens only the doors of the floors below it, and its own.
#
# The doors are in include/; a header that is in no room's own folder and not in
# include/ is somebody else's private one. The doors themselves keep to it, too.

set -eu
cd "${1:-$(dirname "$0")/../..}"

status=0

complain() {
	echo "$1" >&2
	status=1
}

opened() { # files …: what they include in quotes, file:header
	grep -HoE '^#[[:space:]]*include[[:space:]]*"[^"]+"' "$@" /dev/null | sed -E 's/:#[[:space:]]*include[[:space:]]*"/:/; s/"$//'
}

allow() { # room, then the doors it may open
	room=$1
	shift
	rooms="$rooms $room"
	for line in $(opened $(find "src/$room" -name '*.[ch]' -o -name '*.c.in')); do
		file=${line%%:*}
		door=${line#*:}
		case $door in
		table/*.def) [ -e "include/$door" ] || complain "$file: $door is no table"; continue ;;
		*/*) complain "$file: $door is in another folder"; continue ;;
		*.def) [ -e "src/$room/$door" ] || complain "$file: $door is no table of its own"; continue ;;
		esac
		if [ -e "include/$door" ] || [ "$door" = sql.h ]; then
			case " $* " in
			*" ${door%.h} "*) ;;
			*) complain "$file opens $door, which is not on a floor below" ;;
			esac
		elif [ ! -e "src/$room/$door" ]; then
			complain "$file opens $door, which is neither a door nor its room's own"
		fi
	done
}

door() { # door, then what it may open
	name=$1
	shift
	doors="$doors $name"
	[ -e "include/$name.h" ] || { complain "include/$name.h is gone"; return; }
	for line in $(opened "include/$name.h"); do
		other=${line#*:}
		case $other in table/*.def) continue ;; esac
		case " $* " in
		*" ${other%.h} "*) ;;
		*) complain "include/$name.h opens $other, which is not on a floor below" ;;
		esac
	done
}

rooms=
doors=

base='arena clock config json log metrics str uuid'
loop="$base loop resolve fetch"
db="$loop db sql statement"
http="$loop http"
ws="$loop ws"
auth="$loop auth"

allow base      $base
allow loop      $loop
allow db        $db
allow http      $http
allow ws        $ws
allow auth      $auth signer
allow api       $db http ws auth schema api
allow resources schema sql api resources
allow command   $db http auth signer schema api resources

for name in $base; do door "$name" $base; done
door loop      $base loop
door resolve   $base loop
door fetch     $base loop
door statement
door db        $db
door http      $http
door ws        $ws
door auth      $auth
door signer      $base
door schema    $http sql schema
door api       $db http auth schema api
door resources schema

# A new room or door says here where it stands.
for path in src/*/; do
	room=$(basename "$path")
	case " $rooms " in *" $room "*) ;; *) complain "src/$room stands on no floor" ;; esac
done
for path in include/*.h; do
	name=$(basename "$path" .h)
	case " $doors " in *" $name "*) ;; *) complain "include/$name.h belongs to no floor" ;; esac
done

exit $status
