package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/ingest/record"
)

// maxRejectLine bounds a line of an exported file. A message is smaller than its batch, JSON writes a control character in
// six bytes, and identifiers that are as long as the message stand beside it. The limit is there for files of another
// kind, which may have no lines at all; the room is taken as lines need it.
func maxRejectLine(batchMaxBytes int) int { return 16<<20 + 8*batchMaxBytes }

// corrected reads what `lake rejects --export` wrote, line by line.
type corrected struct {
	path     string
	file     *os.File
	lines    *bufio.Scanner
	n        int
	topics   ingest.Topics
	decoders map[string]*record.Decoder
}

func openCorrected(path string, maxLine int, topics ingest.Topics, options record.Options) (*corrected, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	c := &corrected{path: path, file: file, lines: bufio.NewScanner(file), topics: topics, decoders: map[string]*record.Decoder{}}
	c.lines.Buffer(make([]byte, 1<<16), maxLine)
	for _, contract := range record.Contracts() {
		c.decoders[contract.Name] = record.NewDecoder(contract, options)
	}
	return c, nil
}

func (c *corrected) fail(err error) error {
	return fmt.Errorf("read %s: line %d: %w", c.path, c.n, err)
}

// next gives the next message, held against its contract as ingest will do: io.EOF at the end.
func (c *corrected) next(now time.Time) (kafka.Message, error) {
	var line []byte
	for len(line) == 0 {
		if !c.lines.Scan() {
			if err := c.lines.Err(); err != nil {
				c.n++
				return kafka.Message{}, c.fail(err)
			}
			return kafka.Message{}, io.EOF
		}
		c.n++
		line = bytes.TrimSpace(c.lines.Bytes())
	}
	var r rejectRow
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return kafka.Message{}, c.fail(fmt.Errorf("%w; a line is one reject as `dutyflow lake rejects --export` writes it", err))
	}
	value := r.RawBase64
	if r.Raw != nil {
		value = []byte(*r.Raw)
	}
	if r.Topic == "" || value == nil {
		return kafka.Message{}, c.fail(errors.New("it names no topic or no message (raw)"))
	}
	name := c.topics[r.Topic].Type
	if name == "" { // a topic that this configuration does not read: the contract that it was held against
		name, _, _ = strings.Cut(r.Contract, ".v")
	}
	contract, ok := record.Lookup(name)
	if !ok {
		return kafka.Message{}, c.fail(fmt.Errorf("topic %s: its record type %q is unknown; name the topic in ingest.topics", r.Topic, name))
	}
	var row record.Row
	if reject := c.decoders[contract.Name].Decode(value, now.UnixMilli(), &row); reject != nil {
		return kafka.Message{}, c.fail(fmt.Errorf("it would be rejected again: %w; correct it, or take the line out", reject))
	}
	// The key is what it was: the entity, so that the case stays in its partition.
	return kafka.Message{Topic: r.Topic, Key: record.EntityID(value, contract), Value: value, Time: now}, nil
}

// produceRejects sends corrected rejects. All are checked before the first is sent: a file that is half right would have
// to be taken apart to be sent again.
func (a *app) produceRejects(ctx context.Context, path string) error {
	topics := a.cfg.Ingest.Topics
	options := a.cfg.Ingest.Records.Options(a.location())
	now := time.Now()
	used := map[string]bool{}
	each := func(do func(kafka.Message) error) (int64, error) {
		c, err := openCorrected(path, maxRejectLine(a.cfg.Kafka.BatchMaxBytes), topics, options)
		if err != nil {
			return 0, err
		}
		defer c.file.Close()
		for n := int64(0); ; n++ {
			m, err := c.next(now)
			if errors.Is(err, io.EOF) {
				return n, nil
			}
			if err == nil {
				err = do(m)
			}
			if err != nil {
				return n, err
			}
		}
	}
	n, err := each(func(m kafka.Message) error { used[m.Topic] = true; return nil })
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("produce from %s: it holds no reject", path)
	}
	names := make([]string, 0, len(used))
	for topic := range used {
		names = append(names, topic)
	}
	producer, err := kafka.OpenProducer(ctx, a.cfg.Kafka, names)
	if err != nil {
		return err
	}
	st := a.stages.begin("produce", n, "records")
	sent := int64(0)
	_, err = each(func(m kafka.Message) error {
		sent++
		st.at(sent)
		return producer.Produce(ctx, m)
	})
	if err = errors.Join(err, producer.Close()); err != nil {
		return err
	}
	st.end("%s: %s corrected records (%s/s) to Kafka", path, thousands(n), st.rate(n))
	return nil
}
