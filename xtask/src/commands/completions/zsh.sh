# Completes `cargo xtask …` in the workshop; what is not xtask's goes to Cargo's own completion as before.
# Written by `cargo xtask completions zsh`.

_xtask_rows() {
    cat <<'ROWS'
@ROWS@
ROWS
}

# The names of lessons, and of the steps of the lesson that $1 begins with.
_xtask_lessons() {
    local folder=$PWD manifest name steps step
    while [[ ! -d $folder/exercises && -n $folder ]]; do folder=${folder%/*}; done
    for manifest in $folder/exercises/lesson*/lesson.toml(N); do
        name=${${manifest:h:t}%%-*}
        print -r -- $name
        [[ $1 == $name* ]] || continue
        steps=$(grep -c '^\[\[step\]\]' $manifest)
        for ((step = 1; step <= steps; step++)); do print -r -- $name.$step; done
    done
}

_xtask_complete() {
    # $path is zsh's own search path.
    local current=$words[CURRENT] before="" word place found about index given=""
    local -a names described
    for ((index = $1 + 1; index < CURRENT; index++)); do
        word=$words[index]
        # Every command takes one lesson.
        [[ $word == lesson[0-9]* ]] && given=1
        while IFS='|' read -r place found about; do
            if [[ $place == "$before" && $found == "$word" && $word != -* ]]; then
                before=${before:+$before }$word
                break
            fi
        done < <(_xtask_rows)
    done
    while IFS='|' read -r place found about; do
        [[ $place == "$before" ]] || continue
        if [[ $found == "<lesson>" ]]; then
            [[ $current == -* || -n $given ]] || names+=(${(f)"$(_xtask_lessons "$current")"})
        elif [[ $found != -* || $current == -* ]]; then
            described+=("${found//:/\\:}${about:+:$about}")
        fi
    done < <(_xtask_rows)
    (( $#names )) && compadd -V lessons -- $names
    (( $#described )) && _describe 'xtask' described
    (( $#names || $#described ))
}

_xtask_cargo() {
    local at=2
    [[ $words[2] == +* ]] && at=3
    if [[ $words[at] == xtask ]] && (( CURRENT > at )); then
        _xtask_complete $at
    elif [[ -n $_xtask_before ]]; then
        $_xtask_before "$@"
    else
        _default
    fi
}

(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
# Read a second time, it must not stand before itself.
if [[ $_comps[cargo] != _xtask_cargo ]]; then
    typeset -g _xtask_before=$_comps[cargo]
    compdef _xtask_cargo cargo
fi
