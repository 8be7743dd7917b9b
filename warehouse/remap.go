package warehouse

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/twmb/avro/ocf"
)

// remap writes the metadata of tables anew, so that it names every file at another place. Iceberg metadata names files by
// absolute paths: in the metadata file, in manifest lists and in manifests. What is written keeps everything else, down to
// sequence numbers and bounds, and lies beside what it replaces under names that say for which place it was made: a remap
// that was broken off and begins again finds what it has written already.
type remap struct {
	from, to string                                   // root of the lake, as names: what lay below one lies below the other
	current  bool                                     // only the current snapshot is taken over, and no older metadata
	read     func(name string) ([]byte, error)        // reads a metadata file by the name that the metadata gives it
	have     func(name string) (int64, bool)          // size of a file at the new place, if it is there
	put      func(name string, content []byte) error  // writes a file at the new place, in one step
	data     func(from, to string, bytes int64) error // told of every data file, once
	seen     map[string]bool
}

// place is the name that a file has at the new place.
func (r *remap) place(uri string) (string, error) {
	name, err := pathOf(uri)
	if err != nil {
		return "", err
	}
	rest, ok := strings.CutPrefix(name, r.from+"/")
	if !ok {
		return "", fmt.Errorf("%s does not lie below %s: the lake has a file that is not its own", name, r.from)
	}
	return r.to + "/" + rest, nil
}

// made begins the names of manifests that were written by a remap.
var made = regexp.MustCompile(`^at-[0-9a-f]{12}-`)

// fresh is the name of what is written in place of a metadata file.
func (r *remap) fresh(uri string) (string, error) {
	name, err := r.place(uri)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(r.to))
	return dirOf(name) + "/at-" + hex.EncodeToString(sum[:6]) + "-" + made.ReplaceAllString(baseOf(name), ""), nil
}

// metadata rewrites a table's metadata and everything that it names, and gives the name of the new metadata file.
func (r *remap) metadata(uri string) (string, error) {
	old, err := pathOf(uri)
	if err != nil {
		return "", err
	}
	content, err := r.read(old)
	if err != nil {
		return "", err
	}
	var doc map[string]any
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber() // ids of snapshots do not fit a float
	if err := decoder.Decode(&doc); err != nil {
		return "", fmt.Errorf("read metadata %s: %w", old, err)
	}
	if r.current {
		trim(doc)
	}
	if err := replace(doc, "location", r.place); err != nil {
		return "", err
	}
	for _, entry := range list(doc, "metadata-log") {
		if err := replace(entry, "metadata-file", r.place); err != nil {
			return "", err
		}
	}
	for _, s := range list(doc, "snapshots") {
		if err := replace(s, "manifest-list", r.manifestList); err != nil {
			return "", fmt.Errorf("snapshot %v: %w", s["snapshot-id"], err)
		}
	}
	if content, err = json.Marshal(doc); err != nil {
		return "", fmt.Errorf("write metadata: %w", err)
	}
	return r.putMetadata(old, content)
}

// putMetadata writes a metadata file as the version that follows the old one, so that it is the newest wherever somebody
// looks for that. The rest of the name follows from the content: written again it is the same file.
func (r *remap) putMetadata(old string, content []byte) (string, error) {
	name, err := r.place(old)
	if err != nil {
		return "", err
	}
	digits, _, _ := strings.Cut(baseOf(name), "-")
	version, err := strconv.Atoi(digits)
	if err != nil {
		return "", fmt.Errorf("read metadata name %s: no version number", old)
	}
	sum := sha256.Sum256(append([]byte(r.to+"\n"), content...))
	hash := hex.EncodeToString(sum[:16])
	name = fmt.Sprintf("%s/%05d-%s-%s-%s-%s-%s.metadata.json", dirOf(name), version+1, hash[:8], hash[8:12], hash[12:16], hash[16:20], hash[20:])
	return name, r.put(name, content)
}

// trim leaves the current snapshot alone in a metadata document.
func trim(doc map[string]any) {
	current := fmt.Sprint(doc["current-snapshot-id"])
	kept := []any{}
	for _, s := range list(doc, "snapshots") {
		if fmt.Sprint(s["snapshot-id"]) == current {
			delete(s, "parent-snapshot-id") // it is not there
			kept = append(kept, s)
		}
	}
	doc["snapshots"], doc["metadata-log"], doc["snapshot-log"] = kept, []any{}, []any{}
	if refs, ok := doc["refs"].(map[string]any); ok {
		for name := range refs {
			if name != "main" {
				delete(refs, name)
			}
		}
	}
}

func list(doc map[string]any, key string) []map[string]any {
	items, _ := doc[key].([]any)
	var all []map[string]any
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

// replace changes a location in a document. What is missing stays so.
func replace(doc map[string]any, key string, change func(string) (string, error)) error {
	text, ok := doc[key].(string)
	if !ok || text == "" {
		return nil
	}
	name, err := change(text)
	if err != nil {
		return err
	}
	doc[key] = uriOf(name)
	return nil
}

func (r *remap) manifestList(uri string) (string, error) {
	name, _, err := r.avro(uri, func(entry map[string]any) error {
		path, ok := entry["manifest_path"].(string)
		if !ok {
			return errors.New("an entry without manifest_path")
		}
		manifest, size, err := r.manifest(path)
		entry["manifest_path"], entry["manifest_length"] = uriOf(manifest), size
		return err
	})
	return name, err
}

func (r *remap) manifest(uri string) (string, int64, error) {
	return r.avro(uri, func(entry map[string]any) error {
		file, ok := entry["data_file"].(map[string]any)
		if !ok {
			return errors.New("an entry without data_file")
		}
		old, _ := file["file_path"].(string)
		name, err := r.place(old)
		if err != nil {
			return err
		}
		file["file_path"] = uriOf(name)
		status, _ := entry["status"].(int32)
		if size, ok := file["file_size_in_bytes"].(int64); ok && status != deletedEntry && r.data != nil && !r.seen[name] {
			r.seen[name] = true
			from, err := pathOf(old)
			if err != nil {
				return err
			}
			return r.data(from, name, size)
		}
		return nil
	})
}

// deletedEntry is the status of a manifest entry whose file the table has no more.
const deletedEntry = 2

// avro rewrites an Avro file record by record, unless that was done before. What the file says of itself stays.
func (r *remap) avro(uri string, change func(map[string]any) error) (string, int64, error) {
	name, err := r.fresh(uri)
	if err != nil {
		return "", 0, err
	}
	// A manifest that is there is right, but its data files may have to be told.
	size, there := r.have(name)
	if there && (r.data == nil || r.seen[name]) {
		return name, size, nil
	}
	r.seen[name] = true
	old, err := pathOf(uri)
	if err != nil {
		return "", 0, err
	}
	content, err := r.read(old)
	if err != nil {
		return "", 0, err
	}
	content, err = changeAvro(content, change)
	if err != nil {
		return "", 0, fmt.Errorf("rewrite %s: %w", old, err)
	}
	if there {
		return name, size, nil
	}
	return name, int64(len(content)), r.put(name, content)
}

func changeAvro(content []byte, change func(map[string]any) error) (_ []byte, err error) {
	reader, err := ocf.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	meta := map[string][]byte{}
	for key, value := range reader.Metadata() {
		if !strings.HasPrefix(key, "avro.") {
			meta[key] = value
		}
	}
	options := []ocf.WriterOpt{ocf.WithMetadata(meta), ocf.WithSchema(string(reader.Metadata()["avro.schema"]))}
	if string(reader.Metadata()["avro.codec"]) == "deflate" {
		options = append(options, ocf.WithCodec(ocf.DeflateCodec(flate.DefaultCompression)))
	}
	var out bytes.Buffer
	writer, err := ocf.NewWriter(&out, reader.Schema(), options...)
	if err != nil {
		return nil, err
	}
	for {
		var record any
		if err := reader.Decode(&record); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		entry, ok := record.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("a %T instead of a record", record)
		}
		if err := change(entry); err != nil {
			return nil, err
		}
		if err := writer.Encode(entry); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
