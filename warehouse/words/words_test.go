package words_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/warehouse/words"
)

// The same word has the same code, another word another, in order of first appearance, and what Arrow returned stays as
// it was while the set grows and is emptied.
func TestSet(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var set words.Set
	for round := range 4 {
		codes := map[string]int32{}
		var order []string
		for range 20_000 {
			w := strings.Repeat("履", r.IntN(2)) + fmt.Sprint(r.IntN(5000)) + strings.Repeat("-", r.IntN(20))
			if r.IntN(50) == 0 {
				w = w[:r.IntN(4)%(len(w)+1)]
			}
			want, known := codes[w]
			if !known {
				want = int32(len(order))
				codes[w] = want
				order = append(order, w)
			}
			if got := set.Code([]byte(w)); got != want {
				t.Fatalf("round %d: code of %q is %d, want %d", round, w, got, want)
			}
		}
		words := set.Arrow()
		if set.Len() != len(order) || words.Len() != len(order) {
			t.Fatalf("round %d: %d words, Arrow has %d, want %d", round, set.Len(), words.Len(), len(order))
		}
		for i := range 1000 {
			set.Code([]byte(fmt.Sprint("later", i)))
		}
		set.Forget()
		for i := range 1000 {
			set.Code([]byte(fmt.Sprint("after", i)))
		}
		for i, w := range order {
			if words.Value(i) != w {
				t.Fatalf("round %d: word %d of the array became %q, was %q", round, i, words.Value(i), w)
			}
		}
		words.Release()
		set.Forget()
	}
	if empty := set.Arrow(); empty.Len() != 0 {
		t.Errorf("an empty set has %d words", empty.Len())
	}
}

// An emptied set gives back what many words took.
func TestSet_Forget(t *testing.T) {
	var set words.Set
	for i := range 100_000 {
		set.Code(fmt.Append(nil, i))
	}
	if set.Forget(); set.Bytes() > 200<<10 {
		t.Errorf("an emptied set holds %d bytes", set.Bytes())
	}
}
