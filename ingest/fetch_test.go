package ingest

import "testing"

// Whatever a topic's compression, fetches settle at a size whose records come to about a chunk, never ask for more than
// the partition's share or less than the least, and expect what comes.
func TestNextFetch(t *testing.T) {
	for _, ratio := range []float64{0.5, 1, 1.2, 6, 20, 500} {
		for _, most := range []int{minFetch, 300 << 10, maxFetch} {
			size, expect := min(most, firstFetch), int64(0)
			target := min(chunkBytes, most*assumedRatio)
			for round := range 20 {
				unpacked := int(float64(size) * ratio)
				if round > 10 && size > minFetch && size < most && (unpacked < target/3 || unpacked > target) {
					t.Errorf("ratio %v, most %d: round %d unpacks to %d", ratio, most, round, unpacked)
				}
				if round > 10 && (expect < int64(unpacked) || expect > max(minFetch, int64(unpacked)*3)) {
					t.Errorf("ratio %v, most %d: round %d unpacks to %d, expected %d", ratio, most, round, unpacked, expect)
				}
				size, expect = nextFetch(size, most, unpacked)
				if size < minFetch || size > most {
					t.Fatalf("ratio %v, most %d: asks for %d", ratio, most, size)
				}
			}
		}
	}
	// A partition at its end brings crumbs; then comes a burst.
	if size, _ := nextFetch(firstFetch, maxFetch, 100); size != 2*firstFetch {
		t.Errorf("after a crumb asks for %d", size)
	}
}
