package messages

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
)

// Network is how a network writes its network management messages: data, from
// which the functions of a link's SignOn, SignOff and Echo are made.
type Network struct {
	// MTI is the request's type.
	MTI string
	// Function is the field that says what the request is for, and SignOn, SignOff
	// and Echo are its values; an empty one is for what the network has not.
	Function              int
	SignOn, SignOff, Echo string
	// Code is the field of the response that says how it went, and Accepted the
	// values that mean that it went well.
	Code     int
	Accepted []string
	// Unanswered are types of network management that get no response.
	Unanswered []string
}

// The networks. Values are filled with zeros from the left to the length that the
// specification has for their field: the action code 800 of ISO 8583:2003 is four
// digits long, that of 1993 three.
var (
	// ISO87 is ISO 8583:1987: 0800, field 70 (001, 002, 301), response code 00.
	ISO87 = Network{MTI: "0800", Function: 70, SignOn: "001", SignOff: "002", Echo: "301", Code: 39, Accepted: []string{"00"}}
	// ISO93 is ISO 8583:1993: 1804, function code 801, 802, 831, action code 800.
	ISO93 = Network{MTI: "1804", Function: 24, SignOn: "801", SignOff: "802", Echo: "831", Code: 39, Accepted: []string{"800"}}
	// ISO2003 is ISO 8583:2003: 2804, as ISO93, with an action code of four digits.
	ISO2003 = Network{MTI: "2804", Function: 24, SignOn: "801", SignOff: "802", Echo: "831", Code: 39, Accepted: []string{"800"}}
	// VisaNetwork is Visa's BASE I: 0800, field 70 (071, 072, 301), response code 00.
	VisaNetwork = Network{MTI: "0800", Function: 70, SignOn: "071", SignOff: "072", Echo: "301", Code: 39, Accepted: []string{"00"}}
	// MastercardNetwork is Mastercard's: 0800, field 70 (061, 062, 270), response
	// code 00; its 0820 advices get no response.
	MastercardNetwork = Network{
		MTI: "0800", Function: 70, SignOn: "061", SignOff: "062", Echo: "270", Code: 39, Accepted: []string{"00"},
		Unanswered: []string{"0820"},
	}
)

// Builder returns a function that makes the request with that value of the
// function field (one of SignOn, SignOff and Echo, or another), and leaves the
// rest to fill: the STAN, and whatever fields the host wants besides. fill's error
// is returned as it is; that of a value which the specification cannot take is an
// error of ErrPack.
func (n Network) Builder(spec *iso8583.MessageSpec, function string, fill func(*iso8583.Message) error) func() (*iso8583.Message, error) {
	return func() (*iso8583.Message, error) {
		msg := iso8583.NewMessage(spec)
		msg.MTI(n.MTI)
		if err := msg.Field(n.Function, padded(spec, n.Function, function)); err != nil {
			return nil, &CodecError{Kind: ErrPack, Field: fmt.Sprint(n.Function)}
		}
		return msg, fill(msg)
	}
}

// Check refuses a response whose code is none of Accepted, with a *CodeError.
func (n Network) Check(msg *iso8583.Message) error { return WantCode(n.Code, n.Accepted...)(msg) }

// WantCode returns a function that refuses a response whose field of that number
// has none of these values, with a *CodeError.
func WantCode(id int, accepted ...string) func(*iso8583.Message) error {
	return func(msg *iso8583.Message) error {
		got, err := msg.GetString(id)
		if err != nil {
			got = ""
		}
		if slices.ContainsFunc(accepted, func(want string) bool { return padded(msg.GetSpec(), id, want) == got }) {
			return nil
		}
		return &CodeError{Field: id, Code: shortCode(got)}
	}
}

// padded is a value with zeros in front up to the fixed length of its field.
func padded(spec *iso8583.MessageSpec, id int, value string) string {
	f := spec.Fields[id]
	if f == nil || f.Spec() == nil || f.Spec().Pref == nil || !strings.HasSuffix(f.Spec().Pref.Inspect(), "Fixed") {
		return value
	}
	if _, isNumber := f.(*field.Numeric); isNumber { // GetString gives it without zeros in front
		last := max(len(value)-1, 0)
		return strings.TrimLeft(value[:last], "0") + value[last:]
	}
	return strings.Repeat("0", max(f.Spec().Length-len(value), 0)) + value
}

// CodeError is a response that says no.
type CodeError struct {
	// Field is the number of the field that says it, and Code its value, of which eight
	// characters are told at most; empty when it is absent.
	Field int
	Code  string
}

// Error names field and code.
func (e *CodeError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("refused: no response code in field %d", e.Field)
	}
	return fmt.Sprintf("refused: response code %s in field %d", e.Code, e.Field)
}

// Is makes every CodeError match ErrRefused.
func (e *CodeError) Is(target error) bool { return target == ErrRefused }

// ErrRefused means that the peer has answered, and its answer is no.
var ErrRefused = errors.New("refused")
