package messages

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
)

// chipData is the field of whose subfields those are shown that are not sensitive.
const chipData = "55"

// writeFields is moov's Describe, which asks no filter for a field with subfields and
// shows them all, and lets a value have lines of its own.
func writeFields(w io.Writer, msg *iso8583.Message, masks, filters []iso8583.FieldFilter) error {
	mti, err := msg.GetMTI()
	if err != nil {
		return err
	}

	name := msg.GetSpec().Name
	if name == "" {
		name = "ISO 8583"
	}

	_, _ = fmt.Fprintf(w, "%s Message:\n", name)
	tw := tabwriter.NewWriter(w, 0, 0, 2, '.', 0)
	_, _ = fmt.Fprintf(tw, "MTI\t: %s\n", mti)

	fields := describedFields{&iso8583.MessageWrapper{Message: msg}, make(map[string]iso8583.FilterFunc)}
	for _, mask := range masks {
		mask(fields.filters)
	}

	delete(fields.filters, chipData)

	for _, filter := range filters {
		filter(fields.filters)
	}

	if err := iso8583.DescribeFieldContainer(fields, tw, unwrapped(append(masks, filters...))); err != nil {
		return err
	}

	return tw.Flush()
}

// describedFields are the fields of a message. One that a filter is for shows no
// subfields: the filter gets it whole.
type describedFields struct {
	*iso8583.MessageWrapper

	filters map[string]iso8583.FilterFunc
}

// GetSubfields is what moov's DescribeFieldContainer asks for.
func (m describedFields) GetSubfields() map[string]field.Field {
	fields := m.MessageWrapper.GetSubfields()
	for id, f := range fields {
		if _, ok := f.(iso8583.FieldContainer); ok && m.filters[id] != nil {
			fields[id] = wholeField{f}
		}
	}

	return onLines(fields)
}

// describedComposite is a composite whose subfields are shown.
type describedComposite struct{ *field.Composite }

// GetSubfields is what moov's DescribeFieldContainer asks for.
func (f describedComposite) GetSubfields() map[string]field.Field {
	return onLines(f.Composite.GetSubfields())
}

// wholeField is a field, of which nothing is shown but its value, on one line.
type wholeField struct{ field.Field }

// String is the field's, with its breaks written out.
func (f wholeField) String() (string, error) {
	text, err := f.Field.String()

	return withoutBreaks.Replace(text), err
}

// breaks begin a line or a column, to a tabwriter.
const breaks = "\t\n\v\f"

var withoutBreaks = strings.NewReplacer("\t", `\x09`, "\n", `\x0a`, "\v", `\x0b`, "\f", `\x0c`)

// unwrapped are filters that get the fields themselves.
func unwrapped(filters []iso8583.FieldFilter) iso8583.FieldFilter {
	return func(all map[string]iso8583.FilterFunc) {
		for _, filter := range filters {
			filter(all)
		}

		for id, show := range all {
			all[id] = func(text string, f field.Field) string {
				if whole, ok := f.(wholeField); ok {
					f = whole.Field
				}

				return show(text, f)
			}
		}
	}
}

// onLines makes the values of fields, and of their subfields, have one line each.
func onLines(fields map[string]field.Field) map[string]field.Field {
	for id, f := range fields {
		if c, ok := f.(*field.Composite); ok {
			fields[id] = describedComposite{c}
		} else if text, err := f.String(); err == nil && strings.ContainsAny(text, breaks) {
			fields[id] = wholeField{f}
		}
	}

	return fields
}
