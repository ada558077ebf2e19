package actors

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/isolink-go/isolink/messages"
)

// networkClass is the class of network management messages.
const networkClass = '8'

// stanAlone are key fields that every message of ISO 8583 has.
var stanAlone = []int{11}

// classKeyFields returns a copy of ClassKeyFields, with its default; KeyFields has its
// own.
func (c *LinkConfig) classKeyFields() map[byte][]int {
	made := maps.Clone(c.ClassKeyFields)
	for class, fields := range made {
		made[class] = slices.Clone(fields)
	}
	_, given := made[networkClass]
	if given || c.KeyFunc != nil || slices.Equal(c.KeyFields, stanAlone) || c.Spec == nil || c.Spec.Fields[11] == nil {
		return made
	}
	if made == nil {
		made = make(map[byte][]int, 1)
	}
	made[networkClass] = slices.Clone(stanAlone)
	return made
}

// matching judges how responses are matched with requests; c has its defaults.
func (f *faults) matching(c LinkConfig) (m matching) {
	if c.Spec == nil {
		f.add("Spec", "nil: give the message specification of the peer")
		return m
	}
	var err error
	if m.mti, err = messages.NewMTIReader(c.Spec); err != nil {
		f.add("Spec", "%v", err)
		return m
	}
	spec := c.Spec // the whole configuration would stay with it
	m.viewer = sync.OnceValue(func() *messages.Viewer {
		v, _ := messages.NewViewer(spec) // errs where NewMTIReader does
		return v
	})
	if c.KeyFunc != nil {
		f.onlyKeyFunc(c)
	} else {
		m.fields = f.keyReader(c)
	}
	if m.verify, err = newVerifier(c.Spec, c.VerifyFields, c.NormalizeKeys); err != nil {
		f.add("VerifyFields", "%v", err)
	}
	f.keySpace(c)
	return m
}

// onlyKeyFunc refuses other makers of keys beside a KeyFunc.
func (f *faults) onlyKeyFunc(c LinkConfig) {
	if len(c.KeyFields) > 0 {
		f.add("KeyFields", "is of no use: KeyFunc makes the keys")
	}
	if len(c.ClassKeyFields) > 0 {
		f.add("ClassKeyFields", "is of no use: KeyFunc makes the keys")
	}
}

// keyReader returns the reader of the key fields of all classes.
func (f *faults) keyReader(c LinkConfig) *messages.KeyReader {
	keys, err := messages.NewKeyReader(c.Spec, c.KeyFields...)
	if err != nil {
		f.add("KeyFields", "%v", err)
	}
	for _, class := range classesOf(c) {
		name := classField(class)
		if class < '0' || class > '9' {
			f.add(name, "is no class: give the second digit of its MTIs as a character, '0' to '9'")
		}
		if len(c.ClassKeyFields[class]) == 0 {
			f.add(name, "empty: give the key fields of the class, or leave it out for those of KeyFields")
			continue
		}
		own, err := messages.NewKeyReader(c.Spec, c.ClassKeyFields[class]...)
		if err != nil {
			f.add(name, "%v", err)
			continue
		}
		if keys != nil {
			keys = keys.WithClass(class, own)
		}
	}
	if keys != nil && c.NormalizeKeys {
		keys = keys.Normalized()
	}
	return keys
}

// classesOf are the classes that have key fields of their own, in order.
func classesOf(c LinkConfig) []byte { return slices.Sorted(maps.Keys(c.ClassKeyFields)) }

// classField is how a fault names the key fields of a class.
func classField(class byte) string { return fmt.Sprintf("ClassKeyFields[%q]", class) }

// keySpace checks that the STAN alone, where it is the key, can tell apart all
// that may be in flight or in doubt at once. What a KeyFunc has to tell apart is
// not known, and network management does not fill a link.
func (f *faults) keySpace(c LinkConfig) {
	where := ""
	if slices.Equal(c.KeyFields, stanAlone) {
		where = "KeyFields"
	}
	for _, class := range classesOf(c) {
		if where == "" && class != networkClass && slices.Equal(c.ClassKeyFields[class], stanAlone) {
			where = classField(class)
		}
	}
	if where == "" || c.Spec.Fields[11] == nil {
		return
	}
	digits := c.Spec.Fields[11].Spec().Length
	if digits < 1 || digits > 12 {
		return
	}
	values := int64(1)
	for range digits {
		values *= 10
	}
	if int64(c.MaxInFlight) > values-1-int64(c.MaxLate) { // their sum may overflow
		f.add(where, "field 11 has %d values, MaxInFlight (%d) + MaxLate (%d) need more: lower them, or add key fields",
			values-1, c.MaxInFlight, c.MaxLate)
	}
}
