package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"
)

const (
	ordersAtOnce = 64
	recordsMax   = 1024
)

type worker struct {
	store    *store
	kafka    *kgo.Client
	progress progress
}

func runWorker(ctx context.Context, store *store, brokers string) error {
	if _, err := ensureTopics(ctx, brokers); err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	var once sync.Once
	assigned := make(chan struct{})
	client, err := newClient(brokers,
		kgo.ConsumerGroup(workersGroup),
		kgo.ConsumeTopics(eventsTopic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.AutoCommitMarks(),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) {
			once.Do(func() { close(assigned) })
		}))
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	defer client.Close()
	w := &worker{store: store, kafka: client, progress: progress{byPartition: make(map[int32][]*inHand)}}

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.work(ctx) })
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-assigned:
			return serve(ctx, http.NewServeMux())
		}
	})
	return group.Wait()
}

// work takes events until the context ends. What is in hand then is finished and committed.
func (w *worker) work(ctx context.Context) error {
	events := make(chan *inHand)
	group, ctx := errgroup.WithContext(ctx)
	for i := 0; i < ordersAtOnce; i++ {
		group.Go(func() error {
			for event := range events {
				if err := w.process(context.Background(), event); err != nil {
					return fmt.Errorf("event %d of partition %d: %w", event.record.Offset, event.record.Partition, err)
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(events)
		return w.take(ctx, events)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	patience, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := w.kafka.Flush(patience); err != nil {
		return err
	}
	return w.kafka.CommitMarkedOffsets(patience)
}

func (w *worker) take(ctx context.Context, events chan<- *inHand) error {
	for {
		fetches := w.kafka.PollRecords(ctx, recordsMax)
		if ctx.Err() != nil {
			return nil
		}
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("reading events: %w", err)
		}
		for records := fetches.RecordIter(); !records.Done(); {
			event := w.progress.begin(records.Next())
			select {
			case events <- event:
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// process takes one order from `new` to `done` and tells whoever waits. An event that came before only gets its ACK
// again: the store changes nothing then.
func (w *worker) process(ctx context.Context, event *inHand) error {
	var o order
	if err := json.Unmarshal(event.record.Value, &o); err != nil {
		return err
	}
	if err := w.store.markProcessing(ctx, o.ID, o.Version); err != nil {
		return err
	}
	content, err := parse(o.Payload)
	if err != nil {
		return err
	}
	total := content.price()
	if err := w.store.markDone(ctx, o.ID, o.Version, total); err != nil {
		return err
	}
	value, err := json.Marshal(ack{OrderID: o.ID, Version: o.Version, Status: statusDone, TotalAmount: total})
	if err != nil {
		return err
	}
	record := &kgo.Record{Topic: acksTopic, Value: value}
	w.kafka.Produce(ctx, record, func(_ *kgo.Record, err error) {
		// A lost ACK leaves the offset where it is: the event comes again.
		if err != nil {
			return
		}
		if last := w.progress.finish(event); last != nil {
			w.kafka.MarkCommitRecords(last)
		}
	})
	return nil
}

// progress knows up to where each partition's events are done. They are worked on at once and end in any order, but a
// committed offset says that all before it are done.
type progress struct {
	mutex       sync.Mutex
	byPartition map[int32][]*inHand // oldest first
}

type inHand struct {
	record *kgo.Record
	done   bool
}

func (p *progress) begin(record *kgo.Record) *inHand {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	event := &inHand{record: record}
	p.byPartition[record.Partition] = append(p.byPartition[record.Partition], event)
	return event
}

// finish returns the last of the events that are done together with all before them, if this one is what they waited
// for.
func (p *progress) finish(event *inHand) (last *kgo.Record) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	event.done = true
	partition := event.record.Partition
	events := p.byPartition[partition]
	for len(events) > 0 && events[0].done {
		last, events = events[0].record, events[1:]
	}
	p.byPartition[partition] = events
	return last
}
