#!/usr/bin/env bash
# Translations without a dictionary: trains a small Llama on short English-French sentence pairs, measures around it, and asks how
# often the word of the corpus most related to a word is its translation, beside words of the same frequency.
#
#   bench/language/translations.sh FOLDER [PAIRS.tsv]
#
# The words below were chosen before anything was measured: common ones with one usual translation.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?give a folder to write to}
pairs=${2:-../shared/data/tatoeba-en-fr/pairs.tsv}
mkdir -p "$out"

# English word: its translations as they are written, forms with an article included.
words='
today: aujourd’hui aujourd'\''hui
tomorrow: demain
yesterday: hier
always: toujours
never: jamais
very: très
now: maintenant
here: ici
everything: tout
nothing: rien
money: argent l'\''argent d'\''argent
book: livre
dog: chien
house: maison
water: eau l'\''eau d'\''eau
friend: ami amie
friends: amis amies
mother: mère
father: père
sister: sœur
brother: frère
car: voiture
school: école l'\''école
door: porte
night: nuit
day: jour
time: temps
work: travail travailler
happy: heureux heureuse
tired: fatigué fatiguée
problem: problème
children: enfants
bed: lit
life: vie
name: nom
coffee: café
two: deux
three: trois
big: grand grande
old: vieux vieille
good: bon bonne
beautiful: beau belle
often: souvent
alone: seul seule
afraid: peur
cold: froid
eat: manger
drink: boire
sleep: dormir
speak: parler
letter: lettre
man: homme l'\''homme
room: chambre
'
awk -F': ' 'NF == 2 { n = split($2, each, " "); for (i = 1; i <= n; i++) printf "%s{\"word\":\"%s\",\"partner\":\"%s\",\"kind\":\"translation\"}", (count++ ? "," : "{\"pairs\":["), $1, each[i] } END { print "]}" }' \
  <<<"$words" >"$out/partners.json"

# Pairs of at most five and six words, every other one with the French first, so that words are foreseen from either language; the
# last are held out.
awk -F'\t' 'split($1, a, " ") <= 5 && split($2, b, " ") <= 6 { print (n++ % 2) ? $2 "\t" $1 : $1 "\t" $2 }' "$pairs" >"$out/short.tsv"
head -n -600 "$out/short.tsv" >"$out/train.tsv"
tail -n 600 "$out/short.tsv" >"$out/held.tsv"

./bif train --model-type llama --data "$out/train.tsv" --validation "$out/held.tsv[0:100]" --out "$out/model" --epochs 16 --batch 32 --lr 0.003 \
  --weight-decay 0.1 --vocabulary 2048 --context 40 --set hidden_size=96 --set num_hidden_layers=2 --set num_attention_heads=4 \
  --set intermediate_size=256 --set tie_word_embeddings=true
# Few draws: what is measured without noise needs the calibrated posterior, not them.
./bif attribute --model "$out/model" --data "$out/train.tsv[0:4000]" --queries "$out/held.tsv[0:300]" --sampler laplace --chains 2 --draws 40 \
  --per-token --out "$out/run"
./bif tokens "$out/run" --partners "$out/partners.json" --noise-free
