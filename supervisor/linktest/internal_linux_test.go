package linktest

import (
	"net/netip"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSocketAddress(t *testing.T) {
	domain, sockaddr := socketAddress(netip.MustParseAddrPort("127.0.0.1:5001"))
	assert.Equal(t, syscall.AF_INET, domain)
	assert.Equal(t, &syscall.SockaddrInet4{Port: 5001, Addr: [4]byte{127, 0, 0, 1}}, sockaddr)
	domain, sockaddr = socketAddress(netip.MustParseAddrPort("[::1]:5001"))
	assert.Equal(t, syscall.AF_INET6, domain)
	assert.Equal(t, &syscall.SockaddrInet6{Port: 5001, Addr: [16]byte{15: 1}}, sockaddr)
}

func TestReserveRefusesWhatIsNoAddress(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:nowhere", "192.0.2.1:0"} { // the latter is nobody's (RFC 5737)
		bound, free, err := reserve(addr)
		require.Error(t, err)
		assert.Empty(t, bound)
		assert.Nil(t, free)
	}
}
