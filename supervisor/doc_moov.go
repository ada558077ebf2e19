// # Coming from moov-io/iso8583-connection
//
// What its v0.9.0 has, by what it is here, and a test. A Connection is a Link: made
// by the configuration, connected and kept up by its manager.
//
//	there                         here                            test
//	New                           Config.Links                    TestLinksOfOneManager
//	NewFrom                       LinkConfig.Dial                 TestDialIsAbandoned
//	Connect, ConnectCtx           Link.Await                      TestUpIsNotWaitedFor
//	Close, CloseCtx               Link.Close                      TestCloseInEveryState
//	Done                          Link.Await                      TestCloseInEveryState
//	Addr                          Status.Peer                     TestAlternatesInTurn
//	Send                          Link.Send                       TestF5ThreeOutcomes
//	Reply                         messages.Inbound.Reply          TestInboundReply
//	Reply, not to a request       Link.Post                       TestPostSettlesWhenHandedOver
//	Write                         Link.Write                      TestWriteAsItStands
//	RejectMessage                 LinkConfig.Reject               TestRejectVersion9
//	RejectedMessageError          messages.RejectError            TestRejectBaseI
//	Status, SetStatus             Link.Status                     TestShownState
//	TriggerFailure                Link.Restart                    TestRestartInEveryState
//	ErrConnectionClosed           messages.ErrLinkDown            TestF6InFlightSettleWhenTheSocketIsGone
//	ErrSendTimeout                messages.ErrTimeout             TestDeadlineIsExact
//	MessageLengthReader, -Writer  framing.Funcs                   TestFuncsTakesNamedTypes
//	SetMessageReader, -Writer     messages.MessageFramer          TestMessageFramerRoundTrip
//	SetRequestIDGenerator         LinkConfig.KeyFunc              TestKeyFuncThatFails
//	ConnectTimeout                LinkConfig.ConnectTimeout       TestConfigFaults
//	SendTimeout                   LinkConfig.SendTimeout          TestDeadlineIsExact
//	IdleTime                      LinkConfig.IdleTime             TestAnsweredEchoes
//	PingHandler                   LinkConfig.Echo                 TestEchoesKeepALinkUp
//	ReadTimeout                   LinkConfig.ReadIdle             TestReadIdle
//	ReadTimeoutHandler            messages.ReadIdle               TestReadIdleIsAsked
//	InboundMessageHandler         LinkConfig.Handler              TestInboundTellsAll
//	the same, for late responses  LinkConfig.OnLate               TestLateReply
//	the same, for strangers       LinkConfig.OnUnmatched          TestHooksBySubject
//	OnConnect, OnConnectCtx       LinkConfig.SignOn               TestSignOnInSteps
//	OnClose, OnCloseCtx           LinkConfig.SignOffOnStop        TestSignOffOnStop
//	ConnectionClosedHandler       LinkConfig.OnSession            TestHooksBySubject
//	WithConnectionFailedHandler   LinkConfig.OnError              TestHooksBySubject
//	ConnectionEstablishedHandler  LinkConfig.OnState              TestHooksBySubject
//	ErrorHandler                  LinkConfig.OnError              TestHooksBySubject
//	ClientCert, RootCAs           LinkConfig.TLSFiles             TestTLS
//	SetTLSConfig                  LinkConfig.TLS                  TestTLS
//	SetOptions                    LinkConfig                      TestConfigDefaults
//	NewPool                       Config.Groups                   TestGroupStrategies
//	Pool.Get                      Group.Send                      TestGroupPassesOn
//	Pool.Connect, ConnectCtx      Group.Await                     TestGroupAwait
//	Pool.Close, CloseCtx          Manager.Close                   TestGroupCloseUnderLoad
//	Pool.Done, IsDegraded, Up     Group.Status                    TestGroupAwait
//	PoolMinConnections            GroupConfig.MinUp               TestGroupAwait
//	PoolMaxReconnectWait          Backoff.Cap                     TestBackoffBounds
//	PoolReconnectWait             Backoff.Base                    TestBackoffBounds
//	PoolConnectionsFilter         GroupConfig.Strategy            TestGroupForeignStrategy
//	ErrNoConnections              messages.ErrLinkDown            TestGroupWithoutAnyUp
//	ErrPoolClosed                 messages.ErrClosed              TestGroupHandles
//	server.New, Start             Manager.Listen                  TestAcceptorBothWays
//	server.AddConnectionHandler   AcceptorConfig.PeerName         TestPeerName
//	server.Close                  Acceptor.Close                  TestAcceptorClose
//
// Both talk to each other: bench has the test, TestInteroperation.
package supervisor
