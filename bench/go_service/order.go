package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

const (
	statusNew  = "new"
	statusDone = "done"
)

// priceEnd is the first price that the store's numeric(20,2) column refuses.
var priceEnd = decimal.New(1, 16)

// order is the answer to who made it, and the event that the worker gets.
type order struct {
	ID          uuid.UUID       `json:"order_id"`
	CustomerID  uuid.UUID       `json:"user_id"`
	Status      string          `json:"status"`
	Currency    string          `json:"currency"`
	TotalAmount decimal.Decimal `json:"total_amount"`
	Payload     json.RawMessage `json:"payload"`
	Version     int             `json:"version"`
	CreatedAt   time.Time       `json:"created_at"`
}

// ack says how the worker left a version of an order.
type ack struct {
	OrderID     uuid.UUID       `json:"order_id"`
	Version     int             `json:"version"`
	Status      string          `json:"status"`
	TotalAmount decimal.Decimal `json:"total_amount"`
}

// newOrder makes an order of a request's body, or says what is wrong with the body.
func newOrder(body []byte) (*order, error) {
	var request struct {
		CustomerID uuid.UUID       `json:"user_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err
	}
	if request.CustomerID == uuid.Nil {
		return nil, errors.New("user_id is missing")
	}
	content, err := parse(request.Payload)
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	if content.price().Abs().GreaterThanOrEqual(priceEnd) {
		return nil, errors.New("payload: the price is out of range")
	}
	// The clock first, so that new rows are neighbours in the index.
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	return &order{ID: id, CustomerID: request.CustomerID, Status: statusNew, Currency: content.Currency,
		Payload: request.Payload, Version: 1}, nil
}

// payload is what of an order's document has a price.
type payload struct {
	Amount   *decimal.Decimal `json:"amount"`
	Currency string           `json:"currency"`
	Items    []struct {
		Price    decimal.Decimal  `json:"price"`
		Quantity *decimal.Decimal `json:"quantity"`
	} `json:"items"`
}

func parse(document json.RawMessage) (*payload, error) {
	if len(document) == 0 || document[0] != '{' {
		return nil, errors.New("must be an object")
	}
	content := payload{Currency: "USD"}
	if err := json.Unmarshal(document, &content); err != nil {
		return nil, err
	}
	if !isCurrency(content.Currency) {
		return nil, errors.New("currency must be three capital letters")
	}
	if content.Amount != nil && !isSensible(*content.Amount) {
		return nil, errors.New("amount is out of range")
	}
	for i, item := range content.Items {
		if !isSensible(item.Price) || item.Quantity != nil && !isSensible(*item.Quantity) {
			return nil, fmt.Errorf("items[%d] has a number out of range", i)
		}
	}
	return &content, nil
}

// price is exact: the sum of the items, unless the order names its amount.
func (p *payload) price() decimal.Decimal {
	if p.Amount != nil {
		return p.Amount.Round(2)
	}
	var total decimal.Decimal
	for _, item := range p.Items {
		if item.Quantity == nil {
			total = total.Add(item.Price)
		} else {
			total = total.Add(item.Price.Mul(*item.Quantity))
		}
	}
	return total.Round(2)
}

func isCurrency(text string) bool {
	if len(text) != 3 {
		return false
	}
	for _, letter := range text {
		if letter < 'A' || letter > 'Z' {
			return false
		}
	}
	return true
}

// isSensible keeps a short number such as 1e999999999 from becoming a long one.
func isSensible(number decimal.Decimal) bool {
	return number.Exponent() >= -20 && number.Exponent() <= 20
}
