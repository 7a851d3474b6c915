# What zsh offers after a line, by its own completion on a terminal of its own: capture.zsh DIRECTORY LINE
directory=${1:A} line=$2
# Where the files of zsh are, if it is not installed.
if [[ -n $ZSH_ROOT ]]; then
  module_path=($ZSH_ROOT/usr/lib/*/zsh/*(/))
  fpath=($ZSH_ROOT/usr/share/zsh/functions/**/*(/))
fi
zmodload zsh/zpty || exit 3
program=$(readlink /proc/$$/exe)
zpty z $program -f -i
set_up() {
  PROMPT=
  autoload -Uz compinit && compinit -u -D
  bindkey '^M' undefined
  bindkey '^J' undefined
  bindkey '^I' complete-word
  mark() { print -r -- '<>' }
  compprefuncs=(mark)
  comppostfuncs=(mark exit)
  zstyle ':completion:*' list-grouped false
  zstyle ':completion:*' insert-tab false
  compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
      builtin compadd "$@"
      return
    fi
    local -a hits
    builtin compadd -A hits "$@"
    print -l -- $hits
  }
}
{
  print -r -- "module_path=(${(j: :)${(@q)module_path}}) fpath=(${(q)directory} ${(j: :)${(@q)fpath}})"
  functions set_up
  print -r -- 'set_up; print -r -- "<ready"">"'
} > $directory/set-up.zsh
zpty -w z "source ${(q)directory}/set-up.zsh"
zpty -r -m z out '*<ready>*' || exit 4
zpty -w -n z "$line"$'\t'
zpty -r -m z out '*<>*<>*' || exit 5
out=${out#*<>}
print -r -- ${${out%%<>*}//$'\r'/}
