package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/dutyflow/dutyflow/city"
	"github.com/dutyflow/dutyflow/ingest/broker"
)

// partitions of the topic: those of a small cluster.
const partitions = 4

// startBroker starts a broker process that holds the whole topic, and returns when it does.
func (b *bench) startBroker(ctx context.Context, codec string) (addr string, stop func(), err error) {
	cmd := exec.CommandContext(ctx, b.self, "broker", "-records", fmt.Sprint(b.records), "-codec", codec)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start broker: %w", err)
	}
	stop = func() {
		_ = in.Close() // the broker ends when its input does
		_ = cmd.Wait()
	}
	addr, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, errors.New("start broker: it ended before it held the topic")
	}
	return strings.TrimSpace(addr), stop, nil
}

// serveBroker fills a topic, prints the address, and serves until its input ends.
func serveBroker(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("broker", flag.ExitOnError)
	records := flags.Int64("records", 0, "how many")
	codec := flags.String("codec", "none", "compression of the topic")
	_ = flags.Parse(args) // exits on an error
	br, err := broker.Start(broker.Config{
		ClusterID: "bench", Topics: map[string]int32{city.StepTopic: partitions}, MaxUnread: -1,
	})
	if err != nil {
		return err
	}
	defer br.Close()
	if err := fill(ctx, br.Addr(), *codec, *records); err != nil {
		return fmt.Errorf("fill topic: %w", err)
	}
	fmt.Fprintln(os.Stdout, br.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// fill produces as a busy sender does: batches near the megabyte that brokers take by default.
func fill(ctx context.Context, addr, codec string, records int64) error {
	compression := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}[codec]
	client, err := kgo.NewClient(
		kgo.SeedBrokers(addr),
		kgo.DefaultProduceTopic(city.StepTopic),
		kgo.ProducerBatchCompression(compression),
		kgo.ProducerBatchMaxBytes(1_000_000),
		kgo.ProducerLinger(50*time.Millisecond),
		kgo.MaxBufferedRecords(20_000),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	g, err := generator(records)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	for m := (city.Message{}); g.Next(&m); {
		r := &kgo.Record{Key: append([]byte(nil), m.Key...), Value: append([]byte(nil), m.Value...), Timestamp: time.UnixMilli(m.TimeMillis)}
		client.Produce(ctx, r, func(_ *kgo.Record, err error) {
			if err != nil {
				select {
				case failed <- err:
				default: // the first error tells enough
				}
			}
		})
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}
