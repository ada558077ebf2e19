package actors

import (
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/messages"
)

// TestClassKeyFieldsDefault: network management has field 11 alone as its key, where
// other classes have another, unless the configuration says otherwise or cannot.
func TestClassKeyFieldsDefault(t *testing.T) {
	noSTAN := &iso8583.MessageSpec{Fields: map[int]field.Field{
		0: specs.Spec87ASCII.Fields[0], 1: specs.Spec87ASCII.Fields[1], 37: specs.Spec87ASCII.Fields[37],
	}}
	for _, c := range []struct {
		name       string
		spec       *iso8583.MessageSpec
		fields     []int
		given, out map[byte][]int
	}{
		{"field 11", specs.Spec87ASCII, nil, nil, nil},
		{"field 11 by name", specs.Spec87ASCII, []int{11}, nil, nil},
		{"41 and 11", specs.Spec87ASCII, []int{41, 11}, nil, map[byte][]int{'8': {11}}},
		{"without 11", specs.Spec87ASCII, []int{37}, nil, map[byte][]int{'8': {11}}},
		{"another class", specs.Spec87ASCII, []int{41, 11}, map[byte][]int{'1': {7}}, map[byte][]int{'1': {7}, '8': {11}}},
		{"class 8 is given", specs.Spec87ASCII, []int{41, 11}, map[byte][]int{'8': {41, 11}}, map[byte][]int{'8': {41, 11}}},
		{"no field 11", noSTAN, []int{37}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := goodConfig()
			config.Spec, config.KeyFields, config.ClassKeyFields = c.spec, c.fields, c.given
			made := config.withDefaults()
			assert.Equal(t, c.out, made.ClassKeyFields)
			assert.Equal(t, made.ClassKeyFields, made.withDefaults().ClassKeyFields, "defaults of defaults")
			assert.NoError(t, config.Validate())
		})
	}
	config := goodConfig()
	config.Spec, config.KeyFunc = noSTAN, messages.HeaderKey(0, 4)
	assert.NoError(t, config.Validate(), "a KeyFunc needs no field")
	config.MaxInFlight, config.MaxLate = 900_000, 100_000
	config.Spec = specs.Spec87ASCII
	assert.NoError(t, config.Validate(), "nor has it to do with the number of STANs")
	assert.Empty(t, config.withDefaults().ClassKeyFields)
}
