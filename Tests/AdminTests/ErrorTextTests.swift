import Admin
import Testing

/// HAProxy's error texts, letter by letter: scripts compare them.
struct ErrorTextTests {
    @Test(arguments: [
        ("get weight", "Require 'backend/server'."),
        ("get weight compilers", "Require 'backend/server'."),
        ("get weight nowhere/s1", "No such backend."),
        ("get weight compilers/s9", "No such server."),
        ("enable server compilers", "Require 'backend/server'."),
        ("disable agent compilers/s9", "No such server."),
        ("shutdown sessions server nowhere/s1", "No such backend."),
        ("set weight compilers/s1", "Require <weight> or <weight%>."),
        ("set weight compilers/s1 -5%", "Relative weight must be positive."),
        ("set weight compilers/s1 257", "Absolute weight can only be between 0 and 256 inclusive."),
        ("set weight compilers/s1 -1", "Absolute weight can only be between 0 and 256 inclusive."),
        ("set server compilers/s1 state asleep", "'set server <srv> state' expects 'ready', 'drain' and 'maint'."),
        ("set server compilers/s1 state", "'set server <srv> state' expects 'ready', 'drain' and 'maint'."),
        ("set server compilers/s1 health ill", "'set server <srv> health' expects 'up', 'stopping', or 'down'."),
        ("set server compilers/s1 agent ill", "'set server <srv> agent' expects 'up' or 'down'."),
        ("set server compilers/s2 agent up", "agent checks are not enabled on this server."),
        ("enable agent compilers/s2", "Agent was not configured on this server, cannot enable."),
        ("set server compilers/s2 addr", "set server <b>/<s> addr requires an address and optionally a port."),
        ("set server compilers/s1 addr 192.0.2.9 port 0", "problem converting port '0' to an int by 'stats socket command'"),
        ("set server compilers/s1 addr 192.0.2.9 port 65536", "problem converting port '65536' to an int by 'stats socket command'"),
        ("set server compilers/s1 addr name.test", "Invalid addr 'name.test' by 'stats socket command'"),
        ("set server compilers/s1 addr 192.0.2.1", "no need to change the addr by 'stats socket command'"),
        ("set maxconn server compilers/s1", "Require <maxconn>."),
        ("set maxconn global", "Expects an integer value."),
        ("set maxconn global 0", "Value out of range."),
        ("set maxconn frontend", "A frontend name is expected."),
        ("set maxconn frontend nowhere 5", "No such frontend."),
        ("set maxconn frontend agents", "Integer value expected."),
        ("set maxconn frontend agents -3", "Value out of range."),
        ("enable frontend", "A frontend name is expected."),
        ("enable frontend nowhere", "No such frontend."),
        ("enable frontend agents", "All sockets are already enabled."),
        ("disable frontend", "A frontend name is expected."),
        ("disable frontend compilers", "No such frontend."),
        ("shutdown frontend", "A frontend name is expected."),
        ("shutdown frontend nowhere", "No such frontend."),
        ("add server compilers/s1 192.0.2.3:8140", "Already exists a server with the same name in backend."),
        ("add server nowhere/s3 192.0.2.3:8140", "No such backend."),
        ("add server s3 192.0.2.3:8140", "Require 'backend/server'."),
        ("add server compilers/ 192.0.2.3:8140", "Require 'backend/server'."),
        ("add server compilers/a\\ b 192.0.2.3:8140", "character ' ' is not permitted in server name 'a b'."),
        ("add server compilers/a,b 192.0.2.3:8140", "character ',' is not permitted in server name 'a,b'."),
        ("add server compilers/s3", "'server' expects <name> and <addr>[:<port>] as arguments."),
        ("add server compilers/s3 192.0.2.3:8140 colour red", "unknown keyword 'colour'."),
        ("show stat nowhere", "No such proxy."),
        ("show servers state nowhere", "Can't find backend."),
        ("show servers conn nowhere", "Can't find backend."),
        ("show table nowhere", "No such table"),
        ("show table empty", "No such table"),
        ("show table compilers key", "Key value expected"),
        ("set table nowhere key k data.server_key s1", "No such table"),
        ("set table compilers key k data.http_req_cnt 3", "Data type not stored in this table"),
        ("set table compilers key k colour red", "\"data.<type>\" followed by a value expected"),
        ("set table compilers key k data.server_id 0", "No such server."),
        ("set table compilers key k data.server_id -9223372036854775808", "No such server."),
        ("set table compilers key k data.server_id 3", "No such server."),
        ("clear table nowhere", "No such table"),
        ("clear table compilers key", "Key value expected"),
        (
            "clear table",
            "Required arguments: <table> \"data.<store_data_type>\" <operator> <value> or <table> key <key> or <table> ptr <ptr>"
        ),
        ("prompt x", "'prompt' expects 'n', 'i', 'p' or 'timed'."),
        ("set severity-output loud", "one of 'none', 'number', 'string' is a required argument"),
    ])
    func wrongCommandsGetHAProxysTexts(_ line: String, _ text: String) {
        var host = FakeHost()
        #expect(answer(line, host: &host) == text + "\n\n")
        #expect(host.actions.isEmpty)
    }

    @Test(arguments: [
        ("set weight compilers/s1 many", "Empty weight string empty or preceded by garbage"),
        ("set weight compilers/s1 5x", "Trailing garbage in weight string"),
        ("set maxconn server compilers/s1 x", "maxconn string empty or preceded by garbage"),
        ("set maxconn server compilers/s1 3x", "Trailing garbage in maxconn string"),
    ])
    func wrongNumbersGetTextsWithoutALineEnd(_ line: String, _ text: String) {
        #expect(answer(line) == text + "\n")
    }

    @Test(arguments: [
        ("disable frontend agents", ListenerReport.State.paused, "All sockets are already disabled."),
        ("disable frontend agents", .stopped, "Frontend was previously shut down, cannot disable."),
        ("enable frontend agents", .stopped, "Frontend was previously shut down, cannot enable."),
        ("shutdown frontend agents", .stopped, "Frontend was already shut down."),
    ])
    func aFrontendThatIsNotOpenGetsHAProxysText(_ line: String, _ state: ListenerReport.State, _ text: String) {
        var host = FakeHost()
        host.service.listeners[0].state = state
        #expect(answer(line, host: &host) == text + "\n\n")
        #expect(host.actions.isEmpty)
    }

    @Test func anUnknownCommandGetsSimilarOnes() {
        let near = answer("set colour red")
        #expect(near.hasPrefix("Unknown command: 'set', but maybe one of the following ones is a better match:\n  set "))
        #expect(!near.contains("  show stat"))
        #expect(answer("paint").hasPrefix("Unknown command: 'paint'. Please enter one of the following commands only:\n  show stat"))
        #expect(answer("").hasPrefix("Unknown command. Please enter one of the following commands only:\n"))
        #expect(answer("help").hasPrefix("The following commands are valid at this level:\n  show stat"))
    }

    @Test func helpNamesOnlyWhatTheLevelMay() {
        #expect(answer("help", level: .admin).contains("  disable server"))
        #expect(!answer("help", level: .operator).contains("  disable server"))
        #expect(answer("help", level: .operator).contains("  clear table"))
        #expect(!answer("help", level: .user).contains("  clear table"))
    }

    @Test func refusalsOfTheServiceAreReported() {
        var host = FakeHost()
        host.outcome = .refused("Only servers in maintenance mode can be deleted.")
        #expect(answer("del server compilers/s1", host: &host) == "Only servers in maintenance mode can be deleted.\n\n")
    }
}
