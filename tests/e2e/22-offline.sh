#!/bin/sh
# hearthctl parse and eval: without hearthd, without a broker. What the model understands is not judged here; that the commands work is.
. "$(dirname "$0")/lib.sh"
need hearthctl hearth-sim

HEARTH_MODEL=$HEARTH_SRCDIR/models/hearth-s.gguf
HEARTH_TOOLS=$HEARTH_SRCDIR/schemas/intents.json
HEARTH_PHRASES=$HEARTH_SRCDIR/schemas/phrases_en.json
export HEARTH_MODEL HEARTH_TOOLS HEARTH_PHRASES
[ -e "$HEARTH_MODEL" ] || { echo "skipped: no model"; exit 77; }
unset HEARTH_SOCKET XDG_RUNTIME_DIR

# exits STATUS COMMAND...
exits() {
	wanted=$1
	shift
	"$@" >"$work/out" 2>"$work/err"
	got=$?
	[ "$got" -eq "$wanted" ] || { echo "exit status $got, not $wanted"; cat "$work/out" "$work/err"; return 1; }
}
says() { cat "$work/out" "$work/err" | grep -qF -- "$1" || { cat "$work/out" "$work/err"; return 1; }; }
ran() { "$@" >"$work/out" 2>"$work/err"; [ $? -le 1 ] || { cat "$work/err"; return 1; }; }

home=$work/home.json
hearth-sim --data "$HEARTH_SRCDIR/sim" --home "$home"

check "parse understands something" ran hearthctl parse --home "$home" --json turn on the kitchen ceiling
check "and says how it read the text" says '"normalized":	"turn on the kitchen ceiling"'
check "and which names it thought of" says '"Kitchen ceiling"'
check "number words become digits" ran hearthctl parse --home "$home" --json "dim the floor lamp to twenty five"
check "as the model wants them" says '"normalized":	"dim the floor lamp to 25"'
check "the trace tells each decision" ran hearthctl parse --home "$home" --trace "turn off the coffee machine"
check "step by step" says "step"
check "an unknown room is refused" exits 1 hearthctl parse --home "$home" --area Atlantis "lights on"
check "by its name" says Atlantis
check "a sentence is wanted" exits 2 hearthctl parse --home "$home"
check "a home is wanted" exits 2 hearthctl parse "lights on"
check "a home that is not there" exits 1 hearthctl parse --home "$work/nothing.json" "lights on"
check "a model that is not there" exits 1 hearthctl parse --home "$home" --model "$work/nothing.gguf" "lights on"
check "a model that is no model" exits 1 hearthctl parse --home "$home" --model "$home" "lights on"
check "text that is not UTF-8" exits 1 hearthctl parse --home "$home" "$(printf 'lights \377 on')"
check "a very long text" exits 1 hearthctl parse --home "$home" "$(printf '%02000d' 0)"

cat >"$work/cases.jsonl" <<'CASES'
{"id":"a","text":"turn on the kitchen ceiling","calls":[{"name":"HassTurnOn","arguments":{"name":"Kitchen ceiling"}}]}
{"id":"b","text":"what is the capital of france","calls":[]}

{"id":3,"text":"lights on","context_area":"Kitchen","calls":[{"name":"HassTurnOn","arguments":{"area":"Kitchen","domain":"light"}}]}
{"id":"d","text":"turn on the lamp","calls":[{"name":"HassTurnOn","arguments":{"name":"Lamp"}}],"home":{"floors":[],"areas":[],"entities":[{"entity_id":"light.lamp","name":"Lamp","domain":"light"}]}}
{"id":"e","text":"turn on the towel heater","calls":[{"name":"HassTurnOn","arguments":{"name":"Towel heater"}}],"home":"home.json"}
CASES
check "eval runs" exits 0 hearthctl eval --home "$home" "$work/cases.jsonl" --predictions "$work/first.jsonl"
check "it counts by intent" says HassTurnOn
check "and tells the latency" says "latency: median"
check "a prediction a case" test "$(wc -l <"$work/first.jsonl")" -eq 5
check "with the case's id" grep -q '"id":"3","calls":\[' "$work/first.jsonl"
check "and every call that the network wrote" grep -q '"heard":\[{"name":' "$work/first.jsonl"
check "and how sure, and whether it is right" grep -q '"confidence":[0-9.e-]*,"right":' "$work/first.jsonl"
check "no steps unless asked" exits 1 grep -q '"steps"' "$work/first.jsonl"
check "the steps of the network" exits 0 hearthctl eval --home "$home" "$work/cases.jsonl" --trace --predictions "$work/traced.jsonl"
check "with what was allowed" grep -q '"steps":\[\[[0-9]*,\[[0-9]' "$work/traced.jsonl"
check "and what was read" grep -q '"words":"turn on the kitchen ceiling","area":"","items":\[\["' "$work/traced.jsonl"
check "steps need a file" exits 2 hearthctl eval --home "$home" "$work/cases.jsonl" --trace
check "a place that cannot be written" exits 1 hearthctl eval --home "$home" "$work/cases.jsonl" --predictions "$work/nowhere/first.jsonl"
check "eval for machines" exits 0 hearthctl eval --home "$home" "$work/cases.jsonl" --json --predictions "$work/second.jsonl"
check "has the count" says '"cases":	5'
same_calls() {
	sed 's/,"ms":.*//' "$work/first.jsonl" >"$work/1"
	sed 's/,"ms":.*//' "$work/second.jsonl" >"$work/2"
	cmp "$work/1" "$work/2"
}
check "the same model says the same twice" same_calls
check "no difference to the same predictions" exits 0 hearthctl eval --home "$home" "$work/cases.jsonl" --diff "$work/first.jsonl"
check "is told" says "0 better, 0 worse"

# Predictions that are all right: nothing can be better than they, and whatever this model gets wrong is worse.
sed -n 's/^{"id":\([^,]*\),.*"calls":\(\[.*\)\(,"home".*\)$/{"id":\1,"calls":\2}/p; t
s/^{"id":\([^,]*\),.*"calls":\(\[.*\)$/{"id":\1,"calls":\2/p' "$work/cases.jsonl" >"$work/perfect.jsonl"
check "against perfect predictions" exits 0 hearthctl eval --home "$home" "$work/cases.jsonl" --diff "$work/perfect.jsonl"
check "nothing is better" says "the earlier run: 0 better"

printf '%s\n' '{"text":"what is the capital of france","calls":[],"tags":["world","typed"]}' '{"text":"zzz","calls":[],"tags":["typed"]}' >"$work/tags.jsonl"
check "cases with tags" exits 0 hearthctl eval --home "$home" "$work/tags.jsonl"
check "are counted by them" says TAG
check "and where nothing was meant" says "of 2 sentences"
check "the same for machines" exits 0 hearthctl eval --home "$home" "$work/tags.jsonl" --json
check "by tag" says '"tag":	"typed"'
printf '{"text":"hi","calls":[],"tags":[7]}\n' >"$work/broken.jsonl"
check "a tag is a word" exits 1 hearthctl eval --home "$home" "$work/broken.jsonl"
check "as the error says" says '"tags"'

# Whatever this model makes of a sentence is right if the case accepts both everything it may say and nothing.
printf '%s\n' '{"id":"a","text":"what is the capital of france","calls":[{"name":"HassNevermind","arguments":{}}],"accept":[[]]}' >"$work/accept.jsonl"
printf '%s\n' '{"id":"a","text":"what is the capital of france","calls":[{"name":"HassNevermind","arguments":{}}]}' >"$work/strict.jsonl"
check "another answer that the case accepts" exits 0 hearthctl eval --home "$home" "$work/accept.jsonl" --json
check "is right" says '"exact":	1'
check "and wrong where it does not" exits 0 hearthctl eval --home "$home" "$work/strict.jsonl" --json
check "as told" says '"exact":	0'
printf '{"id":"x","text":"hi","calls":[],"accept":7}\n' >"$work/broken.jsonl"
check "accept must be lists of calls" exits 1 hearthctl eval --home "$home" "$work/broken.jsonl"
check "as the error says" says '"accept"'

moved=$work/moved
mkdir -p "$moved/bin" "$moved/share/hearth/models" "$moved/share/hearth/schemas"
cp "$HEARTH_BUILDDIR/hearthctl" "$moved/bin/"
cp "$HEARTH_MODEL" "$moved/share/hearth/models/hearth-s.gguf"
cp "$HEARTH_TOOLS" "$HEARTH_PHRASES" "$HEARTH_SRCDIR/schemas/beside_en.json" "$moved/share/hearth/schemas/"
relocated() { env -u HEARTH_MODEL -u HEARTH_TOOLS -u HEARTH_PHRASES ${EMULATOR:-} "$moved/bin/hearthctl" "$@"; }
check "a program that was moved finds its data beside it" exits 0 relocated eval --home "$home" "$work/cases.jsonl"

printf '{"id":"x","text":"hi"}\n' >"$work/broken.jsonl"
check "a case without calls is refused" exits 1 hearthctl eval --home "$home" "$work/broken.jsonl"
check "with file and line" says "broken.jsonl:1"
printf '\n{"id":"x","text":"hi","calls":[{}]}\n' >"$work/broken.jsonl"
check "so is a call without a tool" exits 1 hearthctl eval --home "$home" "$work/broken.jsonl"
check "on its line" says "broken.jsonl:2"
printf '{"id":"x","text":"hi","calls":[]}\n' >"$work/homeless.jsonl"
check "a case without a home is refused" exits 1 hearthctl eval "$work/homeless.jsonl"
check "with the mend" says "--home FILE"

check "a folder is no file of cases" exits 1 hearthctl eval --home "$home" "$work"
check "hearthd is not there: status 3" exits 3 hearthctl --socket "$work/no.sock" status
check "and how to start it" says "systemctl start hearthd"
check "an unknown command: status 2" exits 2 hearthctl frobnicate
check "an unknown option: status 2" exits 2 hearthctl say --loud hello
check "help is help" exits 0 hearthctl eval --help
finish
