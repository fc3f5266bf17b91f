package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"
)

const (
	bodyBytesMax  = 1 << 20
	createTimeout = 30 * time.Second
)

type api struct {
	store   *store
	kafka   *kgo.Client
	waiters waiters
}

func runAPI(ctx context.Context, store *store, brokers string) error {
	end, err := ensureTopics(ctx, brokers)
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	// From here on no ACK is missed, for no order is older.
	client, err := newClient(brokers, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{
		acksTopic: {acksPartition: kgo.NewOffset().At(end)}}))
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	defer client.Close()
	a := &api{store: store, kafka: client, waiters: waiters{byOrder: make(map[uuid.UUID]chan<- ack)}}

	mux := http.NewServeMux()
	mux.HandleFunc("/orders", a.create)
	// ACKs are read until the last request is answered.
	reading, stopReading := context.WithCancel(context.Background())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.readAcks(reading) })
	group.Go(func() error {
		defer stopReading()
		return serve(ctx, mux)
	})
	return group.Wait()
}

// create answers 201 when the worker is done with the order; 202 when it is stored, but no ACK has come in time.
func (a *api) create(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "only POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyBytesMax))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	o, err := newOrder(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	// Not the request's context: a stored order is published even when its client has gone.
	ctx, cancel := context.WithTimeout(context.Background(), createTimeout)
	defer cancel()
	if o.CreatedAt, err = a.store.insert(ctx, o); err != nil {
		log.Printf("order %s: %v", o.ID, err)
		http.Error(w, "the store is away", http.StatusServiceUnavailable)
		return
	}
	acked, err := a.publish(ctx, o)
	if err != nil {
		log.Printf("order %s: %v", o.ID, err)
		respond(w, http.StatusAccepted, o)
		return
	}
	o.Status, o.TotalAmount = acked.Status, acked.TotalAmount
	respond(w, http.StatusCreated, o)
}

// publish sends the order's event and waits for the worker's ACK.
func (a *api) publish(ctx context.Context, o *order) (ack, error) {
	event, err := json.Marshal(o)
	if err != nil {
		return ack{}, err
	}
	acks := a.waiters.add(o.ID)
	defer a.waiters.remove(o.ID)
	failed := make(chan error, 1)
	record := &kgo.Record{Topic: eventsTopic, Key: []byte(o.CustomerID.String()), Value: event}
	a.kafka.Produce(ctx, record, func(_ *kgo.Record, err error) {
		if err != nil {
			failed <- err
		}
	})
	select {
	case acked := <-acks:
		return acked, nil
	case err := <-failed:
		return ack{}, err
	case <-ctx.Done():
		return ack{}, ctx.Err()
	}
}

func (a *api) readAcks(ctx context.Context) error {
	for {
		fetches := a.kafka.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("reading ACKs: %w", err)
		}
		fetches.EachRecord(func(record *kgo.Record) {
			var acked ack
			if err := json.Unmarshal(record.Value, &acked); err != nil {
				log.Printf("ACK at %d: %v", record.Offset, err)
				return
			}
			a.waiters.answer(acked)
		})
	}
}

func respond(w http.ResponseWriter, status int, o *order) {
	body, err := json.Marshal(o)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Location", "/orders/"+o.ID.String())
	w.WriteHeader(status)
	// When this fails there is nobody left to tell.
	_, _ = w.Write(body)
}

// waiters are the requests whose ACK has not come yet.
type waiters struct {
	mutex   sync.Mutex
	byOrder map[uuid.UUID]chan<- ack
}

func (w *waiters) add(id uuid.UUID) <-chan ack {
	// With room for the one ACK that it gets: nobody waits for a waiter.
	acks := make(chan ack, 1)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.byOrder[id] = acks
	return acks
}

func (w *waiters) remove(id uuid.UUID) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	delete(w.byOrder, id)
}

func (w *waiters) answer(acked ack) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if acks, found := w.byOrder[acked.OrderID]; found {
		acks <- acked
		delete(w.byOrder, acked.OrderID)
	}
}
