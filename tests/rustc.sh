# The compiler of the snippets. Skeptic starts it as `RUSTC SOURCE OPTION... -o FOLDER/out.exe`.
# `tests/build.rs` puts before these lines: `rustc`, cargo's compiler, and `compile`, by which cargo
# would compile for the book.
set -eu
source=$1
# Skeptic also asks cargo about our crates, and cargo asks the compiler for its version.
[ -f "$source" ] || { rustc "$@"; exit; }
folder=${source%/*}
shift

for option do
    shift
    case $option in
    # Skeptic knows none after 2021: `compile` states it.
    --edition=*) ;;
    # Of all crates, skeptic's and ours too, those that a reader's program has.
    --extern) ;;
    nix=* | tokio=* | loom=*) set -- "$@" --extern "$option" ;;
    *=*.rlib | *=*.rmeta | *=*.so) ;;
    *) set -- "$@" "$option" ;;
    esac
done

# The same snippet isn't compiled again with the same crates and options. (Cargo gives a crate's file
# another name for another version, other features, another compiler.)
key=$(printf '%s\n' "$@" | grep -vF "$folder" | cat - "$source" "$0" | sha256sum)
kept=${0%/*}/compiled/${key%% *}
ln "$kept" "$folder/out.exe" 2>/dev/null && exit

# Its last line names the file in which its lines have the same numbers.
named=$(sed -n '$s|^// ||p' "$source")
compile "$source" "$@" --remap-path-prefix="$source=$named" -C strip=debuginfo
mkdir -p "${kept%/*}"
# If another run was quicker, all is well.
ln "$folder/out.exe" "$kept" 2>/dev/null || true
