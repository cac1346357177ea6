print("puppetfront")
