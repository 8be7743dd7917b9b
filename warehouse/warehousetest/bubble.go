package warehousetest

import (
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/apache/arrow-go/v18/parquet/compress"
)

// Bubble runs a test in fake time, see testing/synctest. What is made inside must not be used outside, and libraries keep
// decompressors: one for ever, which is made here, and others in pools, which two collections empty.
func Bubble(t *testing.T, test func(*testing.T)) {
	t.Helper()
	codec, err := compress.GetCodec(compress.Codecs.Zstd)
	if err != nil {
		t.Fatal(err)
	}
	codec.Decode(nil, codec.Encode(nil, []byte("outside")))
	defer func() { runtime.GC(); runtime.GC() }()
	synctest.Test(t, test)
}
