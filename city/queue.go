package city

// queue holds the cases of a day by the time of their next event: a binary heap of time<<32 | slot. Equal times go by
// slot, so the order never depends on how the heap grew.
type queue []uint64

func (q *queue) push(v uint64) {
	h := append(*q, v)
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if h[up] <= v {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = v
	*q = h
}

func (q *queue) pop() uint64 {
	h := *q
	top := h[0]
	last := h[len(h)-1]
	h = h[:len(h)-1]
	*q = h
	if len(h) == 0 {
		return top
	}
	i := 0
	for {
		down := 2*i + 1
		if down >= len(h) {
			break
		}
		if down+1 < len(h) && h[down+1] < h[down] {
			down++
		}
		if last <= h[down] {
			break
		}
		h[i] = h[down]
		i = down
	}
	h[i] = last
	return top
}

// parcel is a message that is not delivered when it is made.
type parcel struct {
	release moment // when it is delivered
	no      uint64 // order of those with equal release
	work    bool   // topic
	fate    fate
	buf     []byte // key, then value
	key     int    // length of the key
}

// fate is what sets a delivery apart, for the statistics.
type fate uint8

const (
	onTime fate = iota
	late
	again
	revised
	deleted
	spoiled
)

// parcels is a binary heap by release and number.
type parcels []parcel

func (p parcels) less(i, j int) bool {
	return p[i].release < p[j].release || p[i].release == p[j].release && p[i].no < p[j].no
}

func (p *parcels) push(v parcel) {
	*p = append(*p, v)
	h := *p
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.less(i, up) {
			break
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

func (p *parcels) pop() parcel {
	h := *p
	top := h[0]
	n := len(h) - 1
	h[0] = h[n]
	h[n] = parcel{}
	h = h[:n]
	*p = h
	for i := 0; ; {
		down := 2*i + 1
		if down >= n {
			break
		}
		if down+1 < n && h.less(down+1, down) {
			down++
		}
		if !h.less(down, i) {
			break
		}
		h[i], h[down] = h[down], h[i]
		i = down
	}
	return top
}
