# Completes `cargo xtask …` in the workshop, beside Cargo's own completion.
# Written by `cargo xtask completions fish`.

set -g __xtask_rows (string split \n -- '
@ROWS@
')

# The words behind `cargo xtask`, up to the one that is being written.
function __xtask_words
    set -l words (commandline -opc)
    set -e words[1]
    if string match -q -- '+*' $words[1]
        set -e words[1]
    end
    test "$words[1]" = xtask; or return 1
    set -e words[1]
    string join \n -- $words
    return 0
end

function __xtask_here
    __xtask_words >/dev/null
end

# The names of lessons, and of the steps of the lesson that is being written.
function __xtask_lessons
    set -l current (commandline -ct)
    set -l folder $PWD
    while not test -d $folder/exercises; and test $folder != /
        set folder (dirname $folder)
    end
    for manifest in $folder/exercises/lesson*/lesson.toml
        set -l name (basename (dirname $manifest) | string replace -r -- '-.*' '')
        set -l title (string match -r -g -- '^title = "(.*)"' <$manifest)[1]
        printf '%s\t%s\n' $name $title
        string match -q -- "$name*" "$current"; or continue
        set -l steps (grep -c '^\[\[step\]\]' $manifest)
        for step in (seq $steps)
            echo $name.$step
        end
    end
end

function __xtask_candidates
    set -l before ''
    set -l given no
    for word in (__xtask_words)
        # Every command takes one lesson.
        string match -q -r -- '^lesson[0-9]' $word; and set given yes
        if not string match -q -- '-*' $word; and string match -q -- "$before|$word|*" $__xtask_rows
            set before (string trim -- "$before $word")
        end
    end
    for row in $__xtask_rows
        set -l cells (string split '|' -- $row)
        test (count $cells) -eq 3; and test "$cells[1]" = "$before"; or continue
        if test $cells[2] = '<lesson>'
            test $given = yes; or __xtask_lessons
        else
            printf '%s\t%s\n' $cells[2] $cells[3]
        end
    end
end

complete -c cargo -n __xtask_here -f -k -a '(__xtask_candidates)'
