package main

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"
)

// Measured: 16 make fewer orders, more than 32 no more.
const connectionsMax = 32

// As OrderStream's own connections plan. A plan made for an empty table would else scan the full one.
var planned = map[string]string{
	"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
	"enable_memoize": "off", "enable_material": "off", "jit": "off", "plan_cache_mode": "force_generic_plan",
}

// store is PostgreSQL. Each method is one statement, so one transaction and one round trip; pgx prepares each once per
// connection.
type store struct {
	pool *pgxpool.Pool
}

func openStore(ctx context.Context, dsn string) (*store, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	config.MaxConns = connectionsMax
	for name, value := range planned {
		config.ConnConfig.RuntimeParams[name] = value
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return &store{pool}, nil
}

func (s *store) close() { s.pool.Close() }

// insert stores a new order, and the note by which it could be found should its event be lost.
func (s *store) insert(ctx context.Context, o *order) (createdAt time.Time, err error) {
	const statement = `
		WITH note AS (
			INSERT INTO batches (batch_id, owner, order_ids, buckets, versions, types)
			VALUES ($1, 1, ARRAY[$1::uuid], ARRAY[$2::smallint], ARRAY[$6::int], ARRAY['order.created'])
		)
		INSERT INTO orders (order_id, bucket, kind, customer_id, status, currency, total_amount, payload, version,
		                    processed_version, announced_version)
		VALUES ($1, $2, 'generic', $3, 'new', $4, 0, $5, $6, 0, 0)
		RETURNING created_at`
	err = s.pool.QueryRow(ctx, statement, key(o.ID), bucket(o.ID), o.CustomerID.String(), o.Currency, []byte(o.Payload),
		o.Version).Scan(&createdAt)
	return createdAt, err
}

// markProcessing changes nothing when the version is done already: an event may come twice.
func (s *store) markProcessing(ctx context.Context, id uuid.UUID, version int) error {
	const statement = `
		UPDATE orders SET status = 'processing', updated_at = now()
		WHERE order_id = $1 AND bucket = $2 AND version = $3 AND processed_version < $3`
	_, err := s.pool.Exec(ctx, statement, key(id), bucket(id), version)
	return err
}

// markDone ends the order's version, and the note.
func (s *store) markDone(ctx context.Context, id uuid.UUID, version int, total decimal.Decimal) error {
	const statement = `
		WITH note AS (DELETE FROM batches WHERE batch_id = $1)
		UPDATE orders
		SET status = 'done', total_amount = $4, processed_version = $3, announced_version = $3, updated_at = now()
		WHERE order_id = $1 AND bucket = $2 AND version = $3 AND processed_version < $3`
	_, err := s.pool.Exec(ctx, statement, key(id), bucket(id), version, total)
	return err
}

// key is the id in the form that pgx sends as it is; a uuid.UUID would become text.
func key(id uuid.UUID) [16]byte { return id }

// bucket is the partition of the table.
func bucket(id uuid.UUID) int16 { return int16(id[15] % 4) }
