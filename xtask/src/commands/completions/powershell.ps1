# Completes `cargo xtask …` in the workshop.
# Written by `cargo xtask completions powershell`.

$script:XtaskRows = @'
@ROWS@
'@ -split "`r?`n"

Register-ArgumentCompleter -Native -CommandName cargo -ScriptBlock {
    param($current, $tree, $cursor)
    $words = @($tree.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { $_.ToString() })
    $at = 1
    if ($words.Count -gt 1 -and $words[1].StartsWith('+')) { $at = 2 }
    if ($words.Count -le $at -or $words[$at] -ne 'xtask') { return }
    $rows = $script:XtaskRows | ForEach-Object { , ($_ -split '\|', 3) }
    $before = ''
    # Every command takes one lesson.
    $given = @($words | Where-Object { $_ -match '^lesson[0-9]' }).Count -gt 0
    foreach ($word in $words[($at + 1)..$words.Count]) {
        if ($word -and -not $word.StartsWith('-') -and ($rows | Where-Object { $_[0] -eq $before -and $_[1] -eq $word })) {
            $before = "$before $word".Trim()
        }
    }
    foreach ($row in $rows | Where-Object { $_[0] -eq $before }) {
        if ($row[1] -eq '<lesson>') {
            if ($given) { continue }
            $folder = Get-Item .
            while ($folder -and -not (Test-Path (Join-Path $folder.FullName 'exercises'))) { $folder = $folder.Parent }
            if (-not $folder) { continue }
            foreach ($manifest in Get-ChildItem (Join-Path $folder.FullName 'exercises/lesson*/lesson.toml')) {
                $name = $manifest.Directory.Name -replace '-.*', ''
                $names = @($name)
                if ($current.StartsWith($name)) {
                    $steps = @(Select-String -Path $manifest -Pattern '^\[\[step\]\]').Count
                    $names += 1..$steps | ForEach-Object { "$name.$_" }
                }
                $names | Where-Object { $_.StartsWith($current) } | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }
        } elseif ($row[1].StartsWith($current) -and (-not $row[1].StartsWith('-') -or $current.StartsWith('-'))) {
            $about = if ($row[2]) { $row[2] } else { $row[1] }
            [System.Management.Automation.CompletionResult]::new($row[1], $row[1], 'ParameterValue', $about)
        }
    }
}
