// # Coming from jPOS
//
// What its QMUX, ChannelAdaptor, MUXPool and ISOServer have, and the fields of its
// channels, by what it is here, and a test.
//
//	there                         here                            test
//	ISOChannel, packager          LinkConfig.Spec                 TestFramings
//	the channels                  framing.Parse                   TestParseRoundTrip
//	host, port                    LinkConfig.Addrs                TestAlternatesInTurn
//	alternate-host                LinkConfig.Addrs                TestAlternatesAllRefuse
//	local-iface, local-port       LinkConfig.LocalAddr            TestLocalAddr
//	timeout                       LinkConfig.ReadIdle             TestReadIdle
//	connect-timeout               LinkConfig.ConnectTimeout       TestConfigFaults
//	send-timeout                  LinkConfig.WriteTimeout         TestWriteTimeoutEndsTheSession
//	max-packet-length             LinkConfig.MaxFrame             TestF14ResponseLongerThanMaxFrame
//	keep-alive                    LinkConfig.KeepAlive            TestConfigDefaults
//	keep-alive, zero length       LinkConfig.SendKeepAlive        TestKeepAliveIsSent
//	header                        Link.ExchangeWith               TestHeadersTravel
//	TPDU, swapped                 framing.TPDU                    TestReplyHeader
//	socketFactory, SSL            LinkConfig.TLS                  TestTLS
//	reconnect-delay               LinkConfig.Backoff              TestBackoff
//	ChannelAdaptor                Manager                         TestLinksOfOneManager
//	MultiSessionChannelAdaptor    Group                           TestGroupStrategies
//	OneShotChannelAdaptor         Link.Pause                      TestPauseInEveryState
//	wait-for-workers-on-stop      Link.Close                      TestDrainWaitsForHandlers
//	soft-stop                     Link.Close                      TestDrain
//	QMUX                          Link                            TestF13EachCallerGetsItsOwnBytes
//	QMUX.request                  Link.Send                       TestF5ThreeOutcomes
//	QMUX.send                     Link.Post                       TestPostSettlesWhenHandedOver
//	key                           LinkConfig.KeyFields            TestKeyReaderReads
//	key mti="0800"                LinkConfig.ClassKeyFields       TestClassKeyFields
//	mtimapping                    messages.MTI                    TestMTIPairs
//	DE11 and DE41 filled up       LinkConfig.NormalizeKeys        TestNormalizeKeys
//	unhandled                     LinkConfig.OnUnmatched          TestHooksBySubject
//	listener                      LinkConfig.Handler              TestInboundTellsAll
//	ready                         Link.Await                      TestSignOn
//	isConnected                   Link.Status                     TestPauseInEveryState
//	MUXPool                       GroupConfig.Links               TestGroupStrategies
//	strategy, primary-secondary   PrimaryBackup                   TestGroupStrategies
//	strategy, round-robin         RoundRobin                      TestGroupStrategies
//	strategy, split-by-divisor    HashByFields                    TestHashByFields
//	StrategyHandler               Strategy                        TestGroupForeignStrategy
//	check-enabled                 GroupConfig.Suspect             TestGroupSuspectsInDoubt
//	ISOServer, QServer            Manager.Listen                  TestAcceptorBothWays
//	maxSessions                   AcceptorConfig.MaxSessions      TestSessionLimits
//	permitted, allow, deny        AcceptorConfig.Allow            TestF16Access
//	server-socket-factory         AcceptorConfig.Listener         TestListenerThatFails
//	ISORequestListener.process    LinkConfig.Handler              TestHandlersAtOnce
//	ISOSource.send                messages.Inbound.Reply          TestInboundReply
//	send to the last client       Acceptor.Sessions               TestAcceptorPush
//	broadcast                     Acceptor.PostAll                TestAcceptorPush
//	LogonManager                  LinkConfig.SignOn               TestSignOn
//	echo-manager                  LinkConfig.Echo                 TestF9AnsweredEchoesKeepTheLinkUp
//	ProtectedLogListener          messages.LateReply              TestCardDataNeverShows
//	Space, entries                messages.Send                   TestCommands
//	SpaceSequencer, for STANs     messages.STANStore              TestSTANFileReserves
package supervisor
