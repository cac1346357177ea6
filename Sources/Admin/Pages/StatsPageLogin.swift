/// Where a browser without the token lands.
enum StatsPageLogin {
    static func html(fault: String?, nonce: String) -> HTML {
        """
        <!DOCTYPE html>
        <html lang="en">
        \(StatsPageParts.head(title: "puppetfront: log in", nonce: nonce))
        <body>
        <main class="login">
        <h1>puppetfront</h1>
        \(fault.map { "<p class=\"hot\" role=\"alert\">\($0)</p>" as HTML } ?? "")
        <form method="post" action="/login"><label>Token <input name="token" type="password" autocomplete="current-password" required
        autofocus></label> <button>Log in</button></form>
        <p>The token is the first line of the file that <code>admin.http.token_file</code> names.</p>
        </main>
        </body>
        </html>

        """
    }
}
