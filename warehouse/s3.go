package warehouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	icebergio "github.com/apache/iceberg-go/io"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const (
	// s3Buffer is what a file may have to be sent in one request. Beyond it the file is sent in parts of s3Part while
	// it is written, so that an open file never takes more memory than both.
	s3Buffer = 8 << 20
	s3Part   = 16 << 20
	// s3Retries is how often the client repeats a request that got no answer or was told to come again.
	s3Retries = 6
)

// s3Store keeps the files in a bucket of an S3-compatible store. A put is atomic and durable when it is answered.
// Readers that need a file of their own host get it from a cache, since DuckDB reads no S3 without an extension.
type s3Store struct {
	client *minio.Client
	bucket string
	cache  *cache
}

func openS3(cfg Config) (*s3Store, error) {
	endpoint, err := url.Parse(cfg.S3.endpoint())
	if err != nil {
		return nil, fmt.Errorf("s3.endpoint: %w", err)
	}
	lookup := minio.BucketLookupAuto
	if cfg.S3.PathStyle {
		lookup = minio.BucketLookupPath
	}
	client, err := minio.New(endpoint.Host, &minio.Options{
		Secure: endpoint.Scheme == "https", Region: cfg.S3.Region, BucketLookup: lookup, MaxRetries: s3Retries,
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{},
			&credentials.FileAWSCredentials{Filename: cfg.S3.CredentialsFile},
			&credentials.IAM{},
		}),
	})
	if err != nil {
		return nil, err
	}
	bucket, _, _ := strings.Cut(strings.TrimPrefix(cfg.Location, s3Scheme), "/")
	s := &s3Store{client: client, bucket: bucket}
	s.cache = newCache(filepath.Join(cfg.Dir, "cache"), int64(cfg.S3.CacheMB)<<20, s.download)
	return s, nil
}

// key is the name within the bucket.
func (s *s3Store) key(name string) string { return strings.TrimPrefix(name, s3Scheme+s.bucket+"/") }

func (s *s3Store) name(key string) string { return s3Scheme + s.bucket + "/" + key }

// s3Error says what an answer of the store means to a person.
func s3Error(op, name string, err error) error {
	if err == nil {
		return nil
	}
	switch code := minio.ToErrorResponse(err).Code; code {
	case minio.NoSuchKey:
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	case minio.NoSuchBucket:
		return fmt.Errorf("%s %s: the store has no such bucket; create it, or correct lake.location", op, name)
	case minio.AccessDenied, "InvalidAccessKeyId", "SignatureDoesNotMatch":
		return &StorageError{Kind: ErrNotWritable, Op: op, Path: name, Err: err,
			Todo: "give the key that AWS_ACCESS_KEY_ID or lake.s3.credentials_file names the right to read, write, list and delete there"}
	case "XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded":
		return &StorageError{Kind: ErrDiskFull, Op: op, Path: name, Err: err}
	}
	return fmt.Errorf("%s %s: %w", op, name, err)
}

func (s *s3Store) create(ctx context.Context, name string) (blob, error) {
	return &s3Blob{store: s, ctx: ctx, name: name}, nil
}

func (s *s3Store) settle(string) error { return nil }

// s3Blob collects a small file and sends it when it is closed; a larger one is sent while it is written.
type s3Blob struct {
	store  *s3Store
	ctx    context.Context
	name   string
	start  bytes.Buffer
	pipe   *io.PipeWriter // nil while everything is in start
	sent   chan error     // answers once when the sender has ended
	closed bool
}

func (b *s3Blob) Write(p []byte) (int, error) {
	if b.pipe == nil {
		if b.start.Len()+len(p) <= s3Buffer {
			return b.start.Write(p)
		}
		b.stream()
	}
	return b.pipe.Write(p)
}

// stream starts the sender, which ends when the pipe is closed or the store refuses.
func (b *s3Blob) stream() {
	r, w := io.Pipe()
	b.pipe, b.sent = w, make(chan error, 1)
	go func() {
		err := b.put(io.MultiReader(&b.start, r), -1)
		_ = r.CloseWithError(err) // a writer that is still at it learns why nobody reads
		b.sent <- err
	}()
}

func (b *s3Blob) put(r io.Reader, size int64) error {
	_, err := b.store.client.PutObject(b.ctx, b.store.bucket, b.store.key(b.name), r, size,
		minio.PutObjectOptions{PartSize: s3Part, ContentType: "application/octet-stream"})
	return s3Error("write", b.name, err)
}

func (b *s3Blob) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	if b.pipe == nil {
		return b.put(bytes.NewReader(b.start.Bytes()), int64(b.start.Len()))
	}
	_ = b.pipe.Close()
	return <-b.sent
}

// discard ends the sender without an object: the parts that were sent are taken back by the client.
func (b *s3Blob) discard() {
	if b.closed {
		return
	}
	b.closed = true
	if b.pipe != nil {
		_ = b.pipe.CloseWithError(context.Canceled)
		if err := <-b.sent; err == nil { // the store had it all before it learnt
			_ = b.store.remove(context.WithoutCancel(b.ctx), b.name)
		}
	}
}

// open reads the whole file: what is opened this way is metadata, a few megabytes at most.
func (s *s3Store) open(ctx context.Context, name string) (icebergio.File, error) {
	o, err := s.client.GetObject(ctx, s.bucket, s.key(name), minio.GetObjectOptions{})
	if err != nil {
		return nil, s3Error("open", name, err)
	}
	defer o.Close()
	content, err := io.ReadAll(o)
	if err != nil {
		return nil, s3Error("open", name, err)
	}
	return &memoryFile{bytes.NewReader(content), name}, nil
}

func (s *s3Store) stream(ctx context.Context, name string) (io.ReadCloser, error) {
	o, err := s.client.GetObject(ctx, s.bucket, s.key(name), minio.GetObjectOptions{})
	if err != nil {
		return nil, s3Error("open", name, err)
	}
	if _, err := o.Stat(); err != nil { // the first that is asked of the store
		_ = o.Close()
		return nil, s3Error("open", name, err)
	}
	return o, nil
}

// memoryFile is a file that was read as a whole.
type memoryFile struct {
	*bytes.Reader
	name string
}

func (f *memoryFile) Close() error               { return nil }
func (f *memoryFile) Stat() (fs.FileInfo, error) { return memoryInfo{f}, nil }

type memoryInfo struct{ *memoryFile }

func (i memoryInfo) Name() string       { return baseOf(i.name) }
func (i memoryInfo) Mode() fs.FileMode  { return 0o444 }
func (i memoryInfo) ModTime() time.Time { return time.Time{} }
func (i memoryInfo) IsDir() bool        { return false }
func (i memoryInfo) Sys() any           { return nil }

func (s *s3Store) local(ctx context.Context, name string, size int64) (string, error) {
	return s.cache.file(ctx, s.bucket+"/"+s.key(name), name, size)
}

// download writes the file to a path on this host.
func (s *s3Store) download(ctx context.Context, name string, to *os.File) (int64, error) {
	o, err := s.client.GetObject(ctx, s.bucket, s.key(name), minio.GetObjectOptions{})
	if err != nil {
		return 0, s3Error("read", name, err)
	}
	defer o.Close()
	n, err := io.Copy(to, o)
	if storageKind(err) != nil {
		return n, storageError("write", to.Name(), err) // it is this disk that is full, not the store
	}
	return n, s3Error("read", name, err)
}

func (s *s3Store) stat(ctx context.Context, name string) (object, error) {
	info, err := s.client.StatObject(ctx, s.bucket, s.key(name), minio.StatObjectOptions{})
	if err != nil {
		return object{}, s3Error("look at", name, err)
	}
	return object{name, info.Size, info.LastModified}, nil
}

func (s *s3Store) remove(ctx context.Context, name string) error {
	err := s3Error("remove", name, s.client.RemoveObject(ctx, s.bucket, s.key(name), minio.RemoveObjectOptions{}))
	s.cache.forget(s.bucket + "/" + s.key(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (s *s3Store) removeFolders(string, time.Time) (int, error) { return 0, nil } // there are none

func (s *s3Store) cached() *cache { return s.cache }

func (s *s3Store) list(ctx context.Context, dir string) iter.Seq2[object, error] {
	return func(yield func(object, error) bool) {
		ctx, cancel := context.WithCancel(ctx) // ends the lister when the caller has seen enough
		defer cancel()
		for info := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.key(dir) + "/", Recursive: true}) {
			if info.Err != nil {
				yield(object{}, s3Error("list", dir, info.Err))
				return
			}
			if !yield(object{s.name(info.Key), info.Size, info.LastModified}, nil) {
				return
			}
		}
	}
}
