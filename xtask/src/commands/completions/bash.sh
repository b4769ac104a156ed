# Completes `cargo xtask …` in the workshop; what is not xtask's goes to Cargo's own completion as before.
# Written by `cargo xtask completions bash`.

_xtask_rows() {
    cat <<'ROWS'
@ROWS@
ROWS
}

# The names of lessons, and of the steps of the lesson that $1 begins with.
_xtask_lessons() {
    local folder=$PWD manifest name steps
    while [[ ! -d $folder/exercises && -n $folder ]]; do folder=${folder%/*}; done
    for manifest in "$folder"/exercises/lesson*/lesson.toml; do
        [[ -f $manifest ]] || continue
        name=${manifest%/lesson.toml}
        name=${name##*/}
        name=${name%%-*}
        echo "$name"
        [[ $1 == "$name"* ]] || continue
        steps=$(grep -c '^\[\[step\]\]' "$manifest")
        for ((step = 1; step <= steps; step++)); do echo "$name.$step"; done
    done
}

_xtask_complete() {
    local current=${COMP_WORDS[COMP_CWORD]} before="" word path found about words=() index given=""
    for ((index = $1 + 1; index < COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        # Every command takes one lesson.
        [[ $word == lesson[0-9]* ]] && given=1
        while IFS='|' read -r path found about; do
            if [[ $path == "$before" && $found == "$word" && $word != -* ]]; then
                before=${before:+$before }$word
                break
            fi
        done < <(_xtask_rows)
    done
    while IFS='|' read -r path found about; do
        [[ $path == "$before" ]] || continue
        if [[ $found == "<lesson>" ]]; then
            [[ $given ]] || words+=($(_xtask_lessons "$current"))
        elif [[ $found != -* || $current == -* ]]; then
            words+=("$found")
        fi
    done < <(_xtask_rows)
    COMPREPLY=($(compgen -W "${words[*]}" -- "$current"))
}

_xtask_cargo() {
    local at=1
    [[ ${COMP_WORDS[1]} == +* ]] && at=2
    if [[ ${COMP_WORDS[at]} == xtask && $COMP_CWORD -gt $at ]]; then
        _xtask_complete $at
    elif [[ -n $_xtask_before ]]; then
        "$_xtask_before" "$@"
    fi
}

_xtask_install() {
    # Cargo's own completion may not be loaded yet: bash-completion does so at the first need.
    if ! complete -p cargo &>/dev/null; then
        if declare -F _comp_load &>/dev/null; then
            _comp_load cargo &>/dev/null
        elif declare -F _completion_loader &>/dev/null; then
            _completion_loader cargo &>/dev/null
        fi
    fi
    local own
    own=$(complete -p cargo 2>/dev/null)
    if [[ $own =~ -F\ ([^ ]+) ]]; then
        # Read a second time, it must not stand before itself.
        [[ ${BASH_REMATCH[1]} == _xtask_cargo ]] && return
        _xtask_before=${BASH_REMATCH[1]}
        eval "${own/-F $_xtask_before/-F _xtask_cargo}"
    else
        complete -o bashdefault -o default -F _xtask_cargo cargo
    fi
}
_xtask_install
