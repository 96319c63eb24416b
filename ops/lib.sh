# What the scripts of this folder share. Sourced, never run.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state=$root/.tributary

if [ -t 1 ]; then bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'; else bold='' red='' plain=''; fi

# say TEXT...: one line about what is happening now.
say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*"; }

# fail TEXT...: says what is wrong and how to mend it, and ends the script.
fail() { printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2; exit 1; }

# packages_missing PACKAGE...: prints those Debian packages that are not installed.
packages_missing() {
    local package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || printf '%s ' "$package"
    done
}

# packages_install PACKAGE...: installs what is missing, as root or through sudo.
packages_install() {
    local missing sudo=''
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || fail "these packages are missing and this is not a Debian system: $missing"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "these packages are missing: ${missing}- install them as root: apt-get install $missing"
        sudo=sudo
    fi
    say "installing system packages: $missing"
    mkdir -p "$state"
    {
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
            $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
    } >"$state/setup.log" 2>&1 || {
        tail -n 15 "$state/setup.log" >&2
        fail "apt-get could not install: $missing(the whole output is in .tributary/setup.log)"
    }
}

# toolchain_check: a Swift 6.3 toolchain must be on the PATH.
toolchain_check() {
    command -v swift >/dev/null ||
        fail "swift is not on the PATH; install Swift 6.3 for Debian 12 from https://www.swift.org/install/linux/ and open a new shell"
    local version
    version=$(swift --version 2>/dev/null | grep -o 'Swift version [0-9.]*' | grep -o '[0-9.]*' | head -n 1)
    case $version in
    6.[3-9]* | 6.[1-9][0-9]* | [7-9].*) ;;
    *) fail "Swift 6.3 or newer is needed, and 'swift --version' says ${version:-nothing}; see https://www.swift.org/install/linux/" ;;
    esac
}

# temporary_folder: a folder of this script's own for temporary files, which goes when it ends; the compiler and the
# browser leave some behind. A script with an exit trap of its own calls temporary_folder_remove there.
temporary_folder() {
    TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/tributary.XXXXXX")
    chmod 711 "$TMPDIR" # Postgres runs as another user and reads a file in it.
    export TMPDIR
    trap temporary_folder_remove EXIT
}

temporary_folder_remove() { case ${TMPDIR:-} in */tributary.??????) rm -rf "$TMPDIR" ;; esac; }

# static_runtime: whether the toolchain has the Swift runtime as static libraries.
static_runtime() {
    local compiler
    compiler=$(readlink -f "$(command -v swift)")
    [ -e "${compiler%/bin/*}/lib/swift_static/linux/static-stdlib-args.lnk" ]
}

# build CONFIGURATION WHAT...: builds with one line of progress; the whole output is in .tributary/build.log.
build() {
    local configuration=$1 log=$state/build.log started=$SECONDS line
    shift
    mkdir -p "$state"
    # A release has the Swift runtime inside: it starts in half the time, and runs where no toolchain is.
    [ "$configuration" != release ] || ! static_runtime || set -- --static-swift-stdlib "$@"
    say "building ($configuration); the first build takes some minutes, later ones seconds"
    (
        cd "$root" || exit 1
        swift build -c "$configuration" --explicit-target-dependency-import-check error "$@" 2>&1
        echo "exit-code: $?"
    ) | tee "$log" | while IFS= read -r line; do
        case $line in
        \[*/*\]*)
            if [ -t 1 ]; then
                printf '\r\e[K    %s' "${line:0:100}"
            else
                printf '%s\n' "$line" | grep -oE '^\[[0-9]+/[0-9]+\]' | awk -F'[][/]' '$2 % 250 == 0 { print "    [" $2 "/" $3 "]" }'
            fi
            ;;
        esac
    done
    [ -t 1 ] && printf '\r\e[K'
    grep -q '^exit-code: 0$' "$log" || {
        grep -E 'error:|warning:' "$log" | sort -u | head -n 40 >&2
        tail -n 5 "$log" >&2
        fail "the build failed (the whole output is in .tributary/build.log)"
    }
    say "built in $((SECONDS - started)) s"
}
