package actors

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// TestF16Access: addresses and ranges, IPv4 and IPv6, listed exactly or not.
func TestF16Access(t *testing.T) {
	for _, c := range []struct {
		name        string
		allow, deny []string
		yes, no     []string
	}{
		{"no lists", nil, nil, []string{"192.0.2.1", "2001:db8::1", "::1"}, nil},
		{
			"an address",
			[]string{"192.0.2.1"},
			nil,
			[]string{"192.0.2.1", "::ffff:192.0.2.1"},
			[]string{"192.0.2.2", "2001:db8::1", "::1"},
		},
		{
			"ranges",
			[]string{"192.0.2.0/24", "2001:db8::/32"},
			nil,
			[]string{"192.0.2.0", "192.0.2.255", "2001:db8:ffff::1"},
			[]string{"192.0.3.0", "192.0.1.255", "2001:db9::"},
		},
		{
			"denied", nil,
			[]string{"10.0.0.0/8", "::1"},
			[]string{"11.0.0.1", "::2", "9.255.255.255"},
			[]string{"10.0.0.0", "10.255.255.255", "::1", "::ffff:10.1.2.3"},
		},
		{
			"a hole in a range",
			[]string{"10.0.0.0/8"},
			[]string{"10.1.0.0/16", "10.2.3.4"},
			[]string{"10.0.0.1", "10.2.3.5"},
			[]string{"10.1.0.1", "10.2.3.4", "172.16.0.1"},
		},
		{"all of IPv4", []string{"0.0.0.0/0"}, nil, []string{"192.0.2.1", "::ffff:192.0.2.1"}, []string{"2001:db8::1"}},
		{"all of IPv6", []string{"::/0"}, nil, []string{"2001:db8::1"}, []string{"192.0.2.1", "::ffff:192.0.2.1"}},
		{"IPv4 written as IPv6", []string{"::ffff:192.0.2.7"}, nil, []string{"192.0.2.7"}, []string{"192.0.2.8"}},
		{"with a zone", []string{"fe80::/10"}, nil, []string{"fe80::1%eth0", "fe80::1"}, []string{"2001:db8::1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var f faults
			a := f.access(c.allow, c.deny)
			require.Empty(t, f.all)
			for _, addr := range c.yes {
				assert.True(t, a.permits(netip.MustParseAddr(addr)), addr)
			}
			for _, addr := range c.no {
				assert.False(t, a.permits(netip.MustParseAddr(addr)), addr)
			}
			assert.Equal(t, len(c.allow)+len(c.deny) == 0, a.permits(netip.Addr{}), "without an address")
		})
	}
}

// TestF16AccessFaults: what is malformed, or could never come into force, is
// named by its place.
func TestF16AccessFaults(t *testing.T) {
	for _, c := range []struct {
		name        string
		allow, deny []string
		place, says string
	}{
		{"no address", []string{"localhost"}, nil, "Allow[0]", "give an IPv4 or IPv6 address, or a range"},
		{"empty", nil, []string{""}, "Deny[0]", "give an IPv4"},
		{"a port", []string{"192.0.2.1", "192.0.2.1:80"}, nil, "Allow[1]", "give an IPv4"},
		{"too many bits", nil, []string{"192.0.2.0/33"}, "Deny[0]", "give an IPv4"},
		{"a leading zero", []string{"192.0.02.1"}, nil, "Allow[0]", "give an IPv4"},
		{"bits behind the length", []string{"192.0.2.1/24"}, nil, "Allow[0]", "is it 192.0.2.0/24 or 192.0.2.1?"},
		{"a mapped range", []string{"::ffff:10.0.0.0/104"}, nil, "Allow[0]", "as IPv4"},
		{"a zone", []string{"fe80::1%eth0"}, nil, "Allow[0]", "leave the zone out"},
		{"twice", []string{"10.0.0.1", "::ffff:10.0.0.1"}, nil, "Allow[1]", "is there twice"},
		{"denied all the same", []string{"10.1.2.3"}, []string{"10.0.0.0/8"}, "Allow[0]", "is denied by 10.0.0.0/8"},
		{"both", []string{"2001:db8::/32"}, []string{"2001:db8::/32"}, "Allow[0]", "is denied by 2001:db8::/32"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := faults{link: "host"}
			f.access(c.allow, c.deny)
			require.Len(t, f.all, 1)
			var fault *messages.ConfigError
			require.ErrorAs(t, f.all[0], &fault)
			assert.Equal(t, c.place, fault.Field)
			assert.Equal(t, "host", fault.Link)
			assert.True(t, strings.Contains(fault.Problem, c.says), fault.Problem)
		})
	}
	f := faults{}
	f.access([]string{"x", "y"}, []string{"z"})
	assert.Len(t, f.all, 3, "all at once")
}
