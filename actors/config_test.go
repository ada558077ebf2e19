package actors

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

// goodConfig has what is required, and nothing else.
func goodConfig() LinkConfig {
	return LinkConfig{
		Name: "visa-1", Addrs: []string{"127.0.0.1:5001", "[::1]:5002"},
		Spec: specs.Spec87ASCII, Framing: framing.Binary2{},
	}
}

// faultyFields are the fields that Validate names, in its order.
func faultyFields(t *testing.T, c interface{ Validate() error }) []string {
	err := c.Validate()
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "%T", err)
	var fields []string
	for _, one := range joined.Unwrap() {
		var fault *messages.ConfigError
		require.ErrorAs(t, one, &fault)
		assert.Equal(t, reflect.ValueOf(c).FieldByName("Name").String(), fault.Link)
		assert.NotEmpty(t, fault.Problem)
		assert.Contains(t, err.Error(), fault.Error())
		fields = append(fields, fault.Field)
	}
	return fields
}

func TestGoodConfig(t *testing.T) {
	assert.NoError(t, goodConfig().Validate())
}

func TestConfigFaults(t *testing.T) {
	negative := time.Duration(-1)
	for _, c := range []struct {
		name   string
		change func(*LinkConfig)
		fields string
	}{
		{"no name", func(c *LinkConfig) { c.Name = "" }, "Name"},
		{"name with a slash", func(c *LinkConfig) { c.Name = "visa/1" }, "Name"},
		{"name with a line break", func(c *LinkConfig) { c.Name = "visa\n" }, "Name"},
		{"name of 65 letters", func(c *LinkConfig) { c.Name = strings.Repeat("n", 65) }, "Name"},
		{"no address", func(c *LinkConfig) { c.Addrs = nil }, "Addrs"},
		{"address without a port", func(c *LinkConfig) { c.Addrs[1] = "10.0.0.1" }, "Addrs[1]"},
		{"port by name", func(c *LinkConfig) { c.Addrs[0] = "10.0.0.1:http" }, "Addrs[0]"},
		{"port 0", func(c *LinkConfig) { c.Addrs[0] = "10.0.0.1:0" }, "Addrs[0]"},
		{"port 65536", func(c *LinkConfig) { c.Addrs[0] = "10.0.0.1:65536" }, "Addrs[0]"},
		{"address twice", func(c *LinkConfig) { c.Addrs[1] = c.Addrs[0] }, "Addrs[1]"},
		{"no specification", func(c *LinkConfig) { c.Spec = nil }, "Spec"},
		{"specification without fields", func(c *LinkConfig) { c.Spec = &iso8583.MessageSpec{} }, "Spec"},
		{"PAN as a key field", func(c *LinkConfig) { c.KeyFields = []int{2, 11} }, "KeyFields"},
		{"key field that is not specified", func(c *LinkConfig) { c.KeyFields = []int{11, 199} }, "KeyFields"},
		{"key field twice", func(c *LinkConfig) { c.KeyFields = []int{11, 11} }, "KeyFields"},
		{"a class by its number", func(c *LinkConfig) { c.ClassKeyFields = map[byte][]int{8: {11}} }, `ClassKeyFields['\b']`},
		{"class key fields at fault", func(c *LinkConfig) {
			c.KeyFields = []int{199}
			c.ClassKeyFields = map[byte][]int{'8': {}, '2': {35}, '1': {11, 41}, '4': {198}}
		}, "KeyFields ClassKeyFields['2'] ClassKeyFields['4'] ClassKeyFields['8']"},
		{"KeyFunc", func(c *LinkConfig) { c.KeyFunc = messages.HeaderKey(0, 4) }, ""},
		{"KeyFunc beside KeyFields", func(c *LinkConfig) {
			c.KeyFunc, c.KeyFields = messages.HeaderKey(0, 4), []int{11}
			c.ClassKeyFields = map[byte][]int{'8': {11}}
		}, "KeyFields ClassKeyFields"},
		{"no framing", func(c *LinkConfig) { c.Framing = nil }, "Framing"},
		{"framing at fault", func(c *LinkConfig) { c.Framing = framing.ASCII{Digits: 9} }, "Framing"},
		{"ConnectTimeout", func(c *LinkConfig) { c.ConnectTimeout = negative }, "ConnectTimeout"},
		{"TLSTimeout", func(c *LinkConfig) { c.TLSTimeout = negative }, "TLSTimeout"},
		{"SendTimeout", func(c *LinkConfig) { c.SendTimeout = negative }, "SendTimeout"},
		{"WriteTimeout", func(c *LinkConfig) { c.WriteTimeout = negative }, "WriteTimeout"},
		{"KeepAlive that no socket takes", func(c *LinkConfig) { c.KeepAlive = maxKeepAlive + 1 }, "KeepAlive"},
		{"KeepAlive, the longest", func(c *LinkConfig) { c.KeepAlive = maxKeepAlive }, ""},
		{"IdleTime", func(c *LinkConfig) { c.IdleTime = negative }, "IdleTime"},
		{"Echo.Timeout", func(c *LinkConfig) { c.Echo.Timeout = negative }, "Echo.Timeout"},
		{"SignOn.Timeout", func(c *LinkConfig) { c.SignOn.Timeout = negative }, "SignOn.Timeout"},
		{"LocalAddr", func(c *LinkConfig) { c.LocalAddr = "here" }, "LocalAddr"},
		{"LocalAddr and Dial", func(c *LinkConfig) {
			c.LocalAddr, c.Dial = "127.0.0.1:0", (&net.Dialer{}).DialContext
		}, "LocalAddr"},
		{"VerifyFields", func(c *LinkConfig) { c.VerifyFields = []int{2} }, "VerifyFields"},
		{"SignOff.Timeout", func(c *LinkConfig) { c.SignOff.Timeout = negative }, "SignOff.Timeout"},
		{"LateWindow", func(c *LinkConfig) { c.LateWindow = negative }, "LateWindow"},
		{"SendTimeout without end", func(c *LinkConfig) { c.SendTimeout = math.MaxInt64 }, "SendTimeout"},
		{"LateWindow without end", func(c *LinkConfig) { c.LateWindow = math.MaxInt64 }, "LateWindow"},
		{"MaxMissedEchoes", func(c *LinkConfig) { c.MaxMissedEchoes = -1 }, "MaxMissedEchoes"},
		{"more echoes than are counted", func(c *LinkConfig) { c.MaxMissedEchoes = 256 }, "MaxMissedEchoes"},
		{"MaxInFlight", func(c *LinkConfig) { c.MaxInFlight = -1 }, "MaxInFlight"},
		{"MaxQueuedBytes", func(c *LinkConfig) { c.MaxQueuedBytes = -1 }, "MaxQueuedBytes"},
		{"MaxLate", func(c *LinkConfig) { c.MaxLate = -1 }, "MaxLate"},
		{"MaxFrame", func(c *LinkConfig) { c.MaxFrame = -1 }, "MaxFrame"},
		{"MaxEvents", func(c *LinkConfig) { c.MaxEvents = -1 }, "MaxEvents"},
		{"MinDelay", func(c *LinkConfig) { c.Backoff.MinDelay = negative }, "Backoff.MinDelay"},
		{"Base", func(c *LinkConfig) { c.Backoff.Base = negative }, "Backoff.Base"},
		{"Cap", func(c *LinkConfig) { c.Backoff.Cap = negative }, "Backoff.Cap Backoff.Base"},
		{"Cap without end", func(c *LinkConfig) { c.Backoff.Cap = math.MaxInt64 }, "Backoff.Cap"},
		{"StableAfter", func(c *LinkConfig) { c.Backoff.StableAfter = negative }, "Backoff.StableAfter"},
		{"Base above Cap", func(c *LinkConfig) { c.Backoff.Base = time.Hour }, "Backoff.Base"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := goodConfig()
			c.change(&config)
			assert.Equal(t, c.fields, strings.Join(faultyFields(t, config), " "))
		})
	}
}

// TestAllFaultsAtOnce: who mends a configuration does not mend it fault by fault.
func TestAllFaultsAtOnce(t *testing.T) {
	assert.Equal(t, []string{"Name", "Addrs", "Spec", "Framing"}, faultyFields(t, LinkConfig{}))

	config := goodConfig()
	config.Addrs = []string{"10.0.0.1", "10.0.0.1:1", "10.0.0.1:1"}
	config.KeyFields = []int{2, 35, 200}
	config.SendTimeout, config.LateWindow, config.MaxLate = -1, -1, -1
	config.TLSFiles = TLSFiles{CA: "no-such-file.pem", Cert: "alone.pem"}
	assert.Equal(t, []string{
		"Addrs[0]", "Addrs[2]", "KeyFields", "SendTimeout", "LateWindow", "MaxLate", "TLSFiles.CA", "TLSFiles",
	}, faultyFields(t, config))
	for _, part := range []string{"key field 2", "key field 35", "key field 200"} {
		assert.ErrorContains(t, config.Validate(), part)
	}
}

// TestKeySpace: the STANs must be enough for all that may be in flight or in
// doubt at once.
func TestKeySpace(t *testing.T) {
	shortSTAN := &iso8583.MessageSpec{Fields: map[int]field.Field{
		0: specs.Spec87ASCII.Fields[0], 1: specs.Spec87ASCII.Fields[1],
		11: field.NewNumeric(&field.Spec{Length: 3, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed}),
		41: specs.Spec87ASCII.Fields[41],
	}}
	for _, c := range []struct {
		name           string
		spec           *iso8583.MessageSpec
		inFlight, late int
		keyFields      []int
		enough         bool
		of             map[byte][]int // ClassKeyFields
		where          string         // of the fault; empty: KeyFields
	}{
		{"defaults", specs.Spec87ASCII, 0, 0, nil, true, nil, ""},
		{"all of them", specs.Spec87ASCII, 900_000, 99_999, nil, true, nil, ""},
		{"one too many", specs.Spec87ASCII, 900_000, 100_000, nil, false, nil, ""},
		{"one too many, field 11 by name", specs.Spec87ASCII, 900_000, 100_000, []int{11}, false, nil, ""},
		{"more key fields", specs.Spec87ASCII, 900_000, 100_000, []int{11, 41}, true, nil, ""},
		{"no limits", specs.Spec87ASCII, math.MaxInt, math.MaxInt, nil, false, nil, ""},
		{"no limit in flight", specs.Spec87ASCII, math.MaxInt, 0, nil, false, nil, ""},
		{"three digits", shortSTAN, 900, 99, nil, true, nil, ""},
		{"three digits, one too many", shortSTAN, 900, 100, nil, false, nil, ""},
		{"three digits, defaults", shortSTAN, 0, 0, nil, false, nil, ""},
		{"class 8 alone", specs.Spec87ASCII, 900_000, 100_000, []int{11, 41}, true, map[byte][]int{'8': {11}}, ""},
		{"other classes", specs.Spec87ASCII, 900_000, 100_000, []int{11, 41}, true, map[byte][]int{'1': {11, 37}, '2': {37}}, ""},
		{"a class of its own", specs.Spec87ASCII, 900_000, 100_000, []int{11, 41}, false, map[byte][]int{'2': {11}}, "ClassKeyFields['2']"},
		{"told once", specs.Spec87ASCII, 900_000, 100_000, nil, false, map[byte][]int{'1': {11}, '2': {11}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := goodConfig()
			config.Spec, config.KeyFields, config.ClassKeyFields = c.spec, c.keyFields, c.of
			config.MaxInFlight, config.MaxLate = c.inFlight, c.late
			var want []string
			if !c.enough {
				want = []string{cmp.Or(c.where, "KeyFields")}
			}
			assert.Equal(t, want, faultyFields(t, config))
		})
	}
}

// optional are the fields whose zero value stays, by their comments.
var optional = map[string]bool{
	"Name": true, "Addrs": true, "Spec": true, "Framing": true, // required
	"TLS": true, "TLSFiles": true, "Dial": true, "SignOffOnStop": true, "OnEvent": true, "OnState": true, "OnSession": true, "OnLate": true, "OnUnmatched": true, "OnError": true, "Logger": true,
	"Accept": true, "OnSecond": true, "Handler": true, "Ordered": true, "Overload": true, "Reject": true, "STANs": true, "VerifyFields": true, "LocalAddr": true,
	"Scope": true, "SignOnScope": true, "DrainOrder": true,
	"ClassKeyFields": true, "NormalizeKeys": true, "KeyFunc": true,
	"SendKeepAlive": true, "AnswerKeepAlives": true, "ReadIdle": true,
}

func TestConfigDefaults(t *testing.T) {
	c := LinkConfig{}.withDefaults()
	assert.Equal(t, LinkConfig{
		ConnectTimeout: 10 * time.Second, TLSTimeout: 10 * time.Second, SendTimeout: 30 * time.Second,
		WriteTimeout: 10 * time.Second, KeepAlive: 30 * time.Second,
		IdleTime: 30 * time.Second, MaxMissedEchoes: 3, MaxKeepAlives: 100,
		Echo:   NetworkManagement{Timeout: 10 * time.Second},
		SignOn: NetworkManagement{Timeout: 10 * time.Second}, SignOff: NetworkManagement{Timeout: 10 * time.Second},
		KeyFields: []int{11}, OnDisconnect: Settle, LateWindow: time.Minute,
		HandleTimeout: 30 * time.Second, MaxHandlers: 64, MaxInbound: 1_024,
		MaxInFlight: 10_000, MaxQueuedBytes: 64 << 20, MaxLate: 100_000, MaxFrame: 65_535, MaxEvents: 1_024,
		Backoff: Backoff{}.withDefaults(),
	}, c, "as the comments have it")
	for i, v := 0, reflect.ValueOf(c); i < v.NumField(); i++ {
		name := v.Type().Field(i).Name
		assert.Equal(t, optional[name], v.Field(i).IsZero(), "%s", name)
	}
}

// TestDefaultsKeepWhatIsSet also tells of a field that has no place in it.
func TestDefaultsKeepWhatIsSet(t *testing.T) {
	c := goodConfig()
	c.TLSFiles.CA = "ca.pem"
	c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("none") }
	c.Echo.Build = func() (*iso8583.Message, error) { return nil, errors.New("none") }
	c.KeyFields, c.Logger = []int{37, 11}, slog.Default()
	c.ClassKeyFields, c.KeyFunc = map[byte][]int{'1': {7}}, messages.HeaderKey(0, 4)
	c.Handler = func(context.Context, *messages.Inbound) {}
	c.Overload = func(*messages.Inbound) (*iso8583.Message, error) { return nil, nil }
	c.Reject = messages.RejectBaseI
	c.OnEvent, c.OnLate = func(messages.Event) {}, func(*messages.LateReply) {}
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Int, reflect.Int64:
			f.SetInt(int64(100 + i))
		case reflect.Uint8:
			f.SetUint(uint64(Refuse))
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Struct, reflect.Slice, reflect.Map, reflect.Func, reflect.Interface, reflect.Pointer, reflect.String:
		default:
			require.Fail(t, "a kind of field that this test does not set", v.Type().Field(i).Name)
		}
	}
	c.SignOn.Timeout, c.SignOff.Timeout, c.Echo.Timeout = 1, 2, 3
	c.SignOn.Check = func(*iso8583.Message) error { return nil }
	c.Backoff = Backoff{MinDelay: 1, Base: 2, Cap: 3, StableAfter: 4}
	made := reflect.ValueOf(c.withDefaults())
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if name == "SignOn" || name == "SignOff" || name == "Echo" {
			want, got := v.Field(i).Interface().(NetworkManagement), made.Field(i).Interface().(NetworkManagement)
			assert.Equal(t, want.Timeout, got.Timeout, name)
			assert.Equal(t, want.Build == nil, got.Build == nil, name)
			assert.Equal(t, want.Check == nil, got.Check == nil, name)
			continue
		}
		if v.Field(i).Kind() == reflect.Func {
			assert.Equal(t, v.Field(i).Pointer(), made.Field(i).Pointer(), name)
			continue
		}
		assert.Equal(t, v.Field(i).Interface(), made.Field(i).Interface(), name)
	}
	negative := LinkConfig{KeepAlive: -1}.withDefaults()
	assert.EqualValues(t, -1, negative.KeepAlive, "switched off")
}

// TestDefaultsCopy: what the embedding program does with its configuration
// afterwards is its own business.
func TestDefaultsCopy(t *testing.T) {
	c := goodConfig()
	c.KeyFields, c.ClassKeyFields = []int{11, 37}, map[byte][]int{'1': {41}}
	made := c.withDefaults()
	assert.Zero(t, c.SendTimeout, "the caller's is not touched")
	assert.Len(t, c.ClassKeyFields, 1, "nor is its map")
	c.Addrs[0], c.KeyFields[0], c.ClassKeyFields['1'][0] = "elsewhere:1", 2, 2
	assert.Equal(t, 41, made.ClassKeyFields['1'][0])
	assert.Equal(t, "127.0.0.1:5001", made.Addrs[0])
	assert.Equal(t, 11, made.KeyFields[0])
}
