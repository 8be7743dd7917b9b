package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// The compressions of a batch, as its attributes number them.
const (
	plainCodec = iota
	gzipCodec
	snappyCodec
	lz4Codec
	zstdCodec
)

// largestWindow is what packers of zstd use at most unless told otherwise, and every unpacker is to have (RFC 8878).
const largestWindow = 8 << 20

var codecNames = [...]string{"uncompressed", "gzip", "snappy", "lz4", "zstd"}

// unpacker decompresses batches, never one to more than limit bytes. It is safe for concurrent use.
type unpacker struct {
	limit int
	zstd  *zstd.Decoder
	lz4   sync.Pool
	gzip  sync.Pool
}

func newUnpacker(limit int) (*unpacker, error) {
	// The limit on memory is also one on the window. What unpacks to more than limit, and less than that, is refused
	// afterwards.
	memory := max(limit, largestWindow)
	// Without input of its own the decoder starts no goroutine; DecodeAll may be called by many.
	d, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(uint64(memory)), zstd.WithDecoderConcurrency(0))
	if err != nil {
		return nil, err
	}
	return &unpacker{
		limit: limit, zstd: d,
		lz4: sync.Pool{New: func() any { return lz4.NewReader(nil) }},
	}, nil
}

// unpack appends what packed holds to dst, which is empty and gives its memory.
func (u *unpacker) unpack(codec int, dst, packed []byte) ([]byte, error) {
	var out []byte
	var err error
	switch codec {
	case gzipCodec:
		out, err = u.unpackGzip(dst, packed)
	case snappyCodec:
		out, err = u.unpackSnappy(dst, packed)
	case lz4Codec:
		r := u.lz4.Get().(*lz4.Reader)
		r.Reset(bytes.NewReader(packed))
		out, err = u.readAll(dst, r, len(packed))
		r.Reset(nil)
		u.lz4.Put(r)
	case zstdCodec:
		out, err = u.zstd.DecodeAll(packed, dst)
		if errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
			err = errUnpacks
		}
	default:
		return dst, fmt.Errorf("compression %d is not known", codec)
	}
	switch {
	case errors.Is(err, errUnpacks), err == nil && len(out) > u.limit:
		return dst, tooLarge(fmt.Errorf("%d bytes of %s unpack to more", len(packed), codecNames[codec]))
	case err != nil:
		return dst, fmt.Errorf("unpack %s: %w", codecNames[codec], err)
	}
	return out, nil
}

// errUnpacks: there is more than the limit.
var errUnpacks = errors.New("more than the limit")

func (u *unpacker) unpackGzip(dst, packed []byte) ([]byte, error) {
	r, _ := u.gzip.Get().(*gzip.Reader)
	var err error
	if r == nil {
		r, err = gzip.NewReader(bytes.NewReader(packed))
	} else {
		err = r.Reset(bytes.NewReader(packed))
	}
	if err != nil {
		return dst, err
	}
	defer u.gzip.Put(r)
	return u.readAll(dst, r, len(packed))
}

// xerial begins the framing that Java's snappy library puts around blocks; others send one block without it.
var xerial = []byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}

const xerialHeader = 16 // the magic and two version numbers

func (u *unpacker) unpackSnappy(dst, packed []byte) ([]byte, error) {
	if !bytes.HasPrefix(packed, xerial) {
		return u.snappyBlock(dst, packed)
	}
	if len(packed) < xerialHeader {
		return dst, io.ErrUnexpectedEOF
	}
	packed = packed[xerialHeader:]
	for len(packed) > 0 {
		if len(packed) < 4 {
			return dst, io.ErrUnexpectedEOF
		}
		n := int(int32(binary.BigEndian.Uint32(packed)))
		packed = packed[4:]
		if n < 0 || n > len(packed) {
			return dst, io.ErrUnexpectedEOF
		}
		var err error
		if dst, err = u.snappyBlock(dst, packed[:n]); err != nil {
			return dst, err
		}
		packed = packed[n:]
	}
	return dst, nil
}

func (u *unpacker) snappyBlock(dst, block []byte) ([]byte, error) {
	n, err := s2.DecodedLen(block)
	if err != nil {
		return dst, err
	}
	if n > u.limit-len(dst) {
		return dst, errUnpacks
	}
	have := len(dst)
	if cap(dst)-have < n {
		dst = u.grow(dst, max(n, have)) // doubling: a batch comes in many small blocks
	}
	if _, err := s2.Decode(dst[have:have+n:have+n], block); err != nil {
		return dst, err
	}
	return dst[:have+n], nil
}

// readAll appends what r gives, up to one byte more than the limit.
func (u *unpacker) readAll(dst []byte, r io.Reader, packed int) ([]byte, error) {
	dst = u.grow(dst, 4*packed) // what JSON usually unpacks to
	for {
		if len(dst) == cap(dst) {
			dst = u.grow(dst, len(dst))
		}
		n, err := r.Read(dst[len(dst):min(cap(dst), u.limit+1)])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst) > u.limit:
			return dst, errUnpacks
		case errors.Is(err, io.EOF):
			return dst, nil
		case err != nil:
			return dst, err
		}
	}
}

// grow makes room for n more bytes, or up to one byte more than the limit.
func (u *unpacker) grow(dst []byte, n int) []byte {
	want := min(len(dst)+max(n, 512), u.limit+1)
	if cap(dst) >= want {
		return dst
	}
	bigger := make([]byte, len(dst), want)
	copy(bigger, dst)
	return bigger
}
