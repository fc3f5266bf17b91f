// A yardstick for bench/run: the order service as a good Go team would write it, with the usual libraries and one order
// at a time. `api` takes `POST /orders`, stores the order, publishes an event and answers 201 when the worker's ACK is
// back. `worker` takes the events, 64 at once, and writes `processing`, then `done`. Each step is a transaction of its
// own, in OrderStream's own tables and with its layout of Kafka topics.
//
// It is no service to run: it cannot do anything else. Nothing reads the notes that it leaves for lost events, an error
// ends the worker, and there are no retries, dead letters, idempotency keys, metrics, reads or changes. All of that
// would make it slower, nothing of it faster.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

const shutdownTimeout = 20 * time.Second

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(arguments []string) error {
	roles := map[string]func(ctx context.Context, store *store, brokers string) error{"api": runAPI, "worker": runWorker}
	if len(arguments) != 1 || roles[arguments[0]] == nil {
		return errors.New("usage: go_service api|worker, with POSTGRES_DSN and KAFKA_BROKERS")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()

	store, err := openStore(ctx, os.Getenv("POSTGRES_DSN"))
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	defer store.close()
	return roles[arguments[0]](ctx, store, os.Getenv("KAFKA_BROKERS"))
}

// serve answers HTTP on a port of the kernel's choice until the context ends, then finishes what is under way. Whoever
// calls it is ready for work: it says so, as OrderStream does.
func serve(ctx context.Context, mux *http.ServeMux) error {
	mux.HandleFunc("/health/ready", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ready, err := json.Marshal(map[string]any{"message": "ready", "port": listener.Addr().(*net.TCPAddr).Port})
	if err != nil {
		return err
	}
	fmt.Println(string(ready))

	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		patience, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		return server.Shutdown(patience)
	})
	return group.Wait()
}
