// # Features
//
// What a link can do, by what, and a test that shows it. Names without a package are
// of this one.
//
//	network management           by                                    test
//	sign-on before a link is up  LinkConfig.SignOn                     TestSignOn
//	in several steps             NetworkManagement.Then                TestSignOnInSteps
//	refused: event and backoff   messages.SignFailed                   TestSignOnRefused
//	sign-off on stop             LinkConfig.SignOffOnStop              TestSignOffOnStop
//	sign-off before the drain    LinkConfig.DrainOrder                 TestDrainOrder
//	one sign-on for several      LinkConfig.SignOnScope                TestSignOnOfAScope
//	by the operator              Link.SignOff                          TestOperatorSignsOff
//	by the operator, of a group  Group.SignOff                         TestGroupSigns
//	by the peer                  messages.Inbound.SignedOff            TestPeerSignsOff
//	echo on silence              LinkConfig.Echo                       TestF9AnsweredEchoesKeepTheLinkUp
//	echo unanswered              LinkConfig.MaxMissedEchoes            TestF9UnansweredEchoesFailTheLink
//	echo by hand                 Link.Echo                             TestEchoByHand
//	networks as data             messages.ISO87                        TestNetworks
//	the peer's are answered      messages.Network.Answering            TestNetworkIsAnswered
//	keep-alives are sent         LinkConfig.SendKeepAlive              TestKeepAliveIsSent
//	keep-alives are answered     LinkConfig.AnswerKeepAlives           TestKeepAlivesAreAnswered
//	a flood of them              LinkConfig.MaxKeepAlives              TestKeepAliveFlood
//	nothing received             LinkConfig.ReadIdle                   TestReadIdle
//	intervals that contradict    LinkConfig.Validate                   TestSilenceFaults
//
//	matching                     by                                    test
//	key fields                   LinkConfig.KeyFields                  TestKeyReaderReads
//	of a class                   LinkConfig.ClassKeyFields             TestClassKeyFields
//	by a function                LinkConfig.KeyFunc                    TestKeyFuncThatFails
//	by a token of the header     messages.HeaderKey                    TestHeaderKey
//	padding does not count       LinkConfig.NormalizeKeys              TestNormalizeKeys
//	a key field is missing       messages.KeyError                     TestMissingKeyField
//	values are not confused      messages.NewKey                       TestKeysAreUnique
//	requests and responses       messages.MTI.IsResponse               TestMTIPairs
//	repeats                      messages.MTI.IsRepeat                 TestRepeatOfOneInDoubt
//	more fields must agree       LinkConfig.VerifyFields               TestVerifyFields
//	late replies                 LinkConfig.OnLate                     TestLateReply
//	on any link of a scope       LinkConfig.Scope                      TestScopeAnswersOnSiblings
//	after a session's end        LinkConfig.OnDisconnect               TestScopeWaitsForASibling
//	rejects by header            messages.RejectBaseI                  TestRejectBaseI
//	rejects by version           messages.RejectVersion9               TestRejectVersion9
//	rejects as messages          messages.RejectAdministrative         TestRejectAdministrative
//	unreadable responses         messages.ErrUnpack                    TestF12ResponseThatCannotBeUnpacked
//	STANs                        LinkConfig.STANs                      TestSTANsAreGiven
//	reserved STANs are skipped   messages.STANTries                    TestReservedSTANsAreSkipped
//	blocks of STANs are kept     messages.STANStore                    TestSTANsOfAStoreSurviveCrashes
//	in a file                    messages.NewSTANFile                  TestSTANFileCrashAtEveryByte
//	else from the clock          messages.NewSTANs                     TestSTANsBeginWithTheClock
//	retrieval reference numbers  messages.RRN                          TestRRN
//
//	frames                       by                                    test
//	fields without unpacking     messages.View                         TestViewAgreesWithMoov
//	without allocating           messages.View.AppendString            TestViewDoesNotAllocate
//	a message made of another    messages.View.Patch                   TestPatchAgreesWithMoov
//	of the peer's request        messages.Inbound.View                 TestInboundView
//
//	groups                       by                                    test
//	round robin                  RoundRobin                            TestGroupStrategies
//	least in flight              LeastInFlight                         TestGroupLeastInFlight
//	primary, then backups        PrimaryBackup                         TestGroupStrategies
//	by a hash                    HashBy                                TestGroupHashBy
//	by the values of fields      HashByFields                          TestHashByFields
//	by a function                Strategy                              TestGroupForeignStrategy
//	suspect after doubts         SuspectConfig.After                   TestGroupSuspectsInARow
//	suspect by a judge           SuspectConfig.Judge                   TestGroupJudge
//	a trial ends it              SuspectConfig.For                     TestGroupTrial
//	what was not sent goes on    Group.Send                            TestGroupPassesOn
//	what is in doubt stays       Group.Send                            TestGroupInDoubtStays
//	readiness                    GroupConfig.MinUp                     TestGroupAwait
//	changes are told             GroupConfig.OnChange                  TestGroupOnChange
//	links come and go            Manager.AddLink                       TestGroupAddRemoveUnderLoad
//	under another configuration  Manager.Apply                         TestApplyUnderLoad
//	commands of actors           Group.PID                             TestGroupCommands
//
//	life                         by                                    test
//	drain with a report          Link.Close                            TestDrainError
//	soft stop                    Link.Pause                            TestPauseInEveryState
//	hard close after a stall     LinkConfig.WriteTimeout               TestStalledSessionIsClosedHard
//	backoff with jitter          LinkConfig.Backoff                    TestF11LinksDroppedAtOnce
//	other addresses in turn      LinkConfig.Addrs                      TestAlternatesInTurn
//	one connection at a time     LinkConfig.Backoff                    TestHostWithOneConnection
//	local address                LinkConfig.LocalAddr                  TestLocalAddr
//	certificates are rotated     LinkConfig.TLSFiles                   TestRotateClientCertificates
//	links one after the other    Group.Recycle                         TestRecycle
//	states                       LinkConfig.OnState                    TestHooksBySubject
//	sessions                     LinkConfig.OnSession                  TestHooksBySubject
//	failures                     LinkConfig.OnError                    TestHooksBySubject
//	what nobody waits for        LinkConfig.OnUnmatched                TestHooksBySubject
//	raw bytes                    Link.Write                            TestWriteAsItStands
//
//	watching                     by                                    test
//	how it is                    Link.Status                           TestStatusOfExchanges
//	how long exchanges take      Latency                               TestLatencyPercentiles
//	counts by message type       Tally                                 TestTallies
//	a log that is not flooded    LinkConfig.Logger                     TestLogOfALinkThatFails
//	metrics                      Config.MeterProvider                  TestMetrics
//	traces                       Config.TracerProvider                 TestTraces
//	on a web page                console.New                           TestLinkIsCut
//	actions of an operator       console.Options.Authorize             TestActions
//	for Prometheus               console.Console                       TestMetrics
//	messages as masked text      Link.Tap                              TestTap
//	one message as masked text   messages.Describe                     TestDescribe
//
//	configuration                by                                    test
//	from a file                  Load                                  TestLoad
//	all faults with their place  FileError                             TestLoadFaults
//	what only a program gives    LoadOptions                           TestLoadOptions
//	changed without a restart    Manager.Apply                         TestApply
//	a wrong one changes nothing  Manager.Apply                         TestApplyFaults
//	what is the same stays up    Applied.Links                         TestApplyFile
//
//	the peer's requests          by                                    test
//	handler                      LinkConfig.Handler                    TestInboundTellsAll
//	in order                     LinkConfig.Ordered                    TestOrdered
//	by actors                    messages.Answer                       TestAnswerByAnActor
//	too many                     LinkConfig.Overload                   TestOverloadThatFails
//	listening                    Manager.Listen                        TestAcceptorBothWays
//	a link the peer connects to  LinkConfig.Accept                     TestExpectedLink
//	who may connect              AcceptorConfig.Allow                  TestF16Access
//	how many                     AcceptorConfig.MaxPerAddr             TestSessionLimits
package supervisor
