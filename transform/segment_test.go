package transform

import (
	"math"
	"slices"
	"testing"
)

// However many runs there are and however few entities or many each of them touches, the segments that readers open are no
// more than a few of each size and those that are as large as a range; no run writes more than a range again.
func TestMergeable_manyRuns(t *testing.T) {
	const largest, runs, recordsEach = 4_000_000, 10_000, 8
	for _, touched := range []int64{1, 1000, 2000, 5000} {
		var segments []Segment
		left, last := int64(0), runs
		for no := 1; no <= runs; no++ {
			segments = append(segments, Segment{No: no, Entities: touched, Records: touched * recordsEach})
			left = credit(left, touched, largest)
			for group := mergeable(segments, largest, left); len(group) > 0; group = mergeable(segments, largest, left) {
				last++
				merged := Segment{No: last}
				for _, s := range group {
					left -= s.Entities - s.Dead
					merged.Entities += s.Entities - s.Dead
					merged.Records += s.living()
				}
				if left < 0 || merged.Records > largest {
					t.Fatalf("run %d of %d: merged %d records, %d of the credit are left", no, touched, merged.Records, left)
				}
				segments = slices.DeleteFunc(segments, func(s Segment) bool {
					return slices.ContainsFunc(group, func(g Segment) bool { return g.No == s.No })
				})
				segments = append(segments, merged)
			}
		}
		tiers := math.Log(float64(runs)) / math.Log(mergeFan)
		if most := 2*(mergeFan-1)*(tiers+2) + 3*float64(runs*touched*recordsEach)/largest; float64(len(segments)) > most {
			t.Errorf("%d entities a run: %d segments after %d runs, want at most %.0f", touched, len(segments), runs, most)
		}
	}
}

// A large segment most of which is dead is written anew once the credit has grown to what lives of it.
func TestMergeable_deadSegment(t *testing.T) {
	s := []Segment{{No: 1, Entities: 400_000, Dead: 370_000, Records: 4_000_000}}
	left := credit(0, 1000, 4_000_000)
	if group := mergeable(s, 4_000_000, left); len(group) > 0 {
		t.Errorf("merged %v for a credit of %d", group, left)
	}
	for range 3 {
		left = credit(left, 1000, 4_000_000)
	}
	if group := mergeable(s, 4_000_000, left); len(group) != 1 {
		t.Errorf("got %v for a credit of %d, want the segment", group, left)
	}
}
