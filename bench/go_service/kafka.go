package main

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// OrderStream's layout under other names: few partitions for the events, one for the ACKs, which every API reads whole.
const (
	eventsTopic      = "go.orders.events"
	eventsPartitions = 4
	acksTopic        = "go.orders.ack"
	acksPartition    = 0
	workersGroup     = "go-order-workers"
)

// newClient makes a client whose producer is idempotent with acks=all, which is franz-go's default. Its one request in
// flight per broker takes along what came while the last one was under way.
func newClient(brokers string, more ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(more,
		kgo.SeedBrokers(brokers),
		kgo.ProducerLinger(0),
		kgo.ProducerBatchCompression(kgo.NoCompression()))...)
}

// ensureTopics makes the topics that are missing, waits until they can be used, and tells where the ACKs end.
func ensureTopics(ctx context.Context, brokers string) (acksEnd int64, err error) {
	client, err := newClient(brokers)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	for topic, partitions := range map[string]int32{eventsTopic: eventsPartitions, acksTopic: acksPartition + 1} {
		const replicasByDefault = -1
		made, err := admin.CreateTopics(ctx, partitions, replicasByDefault, nil, topic)
		if err != nil {
			return 0, err
		}
		if err := made[topic].Err; err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return 0, err
		}
	}
	for {
		ends, err := admin.ListEndOffsets(ctx, eventsTopic, acksTopic)
		if err == nil {
			err = ends.Error()
		}
		if end, found := ends.Lookup(acksTopic, acksPartition); err == nil && found {
			return end.Offset, nil
		}
		// A new topic's partitions have no leader yet.
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
