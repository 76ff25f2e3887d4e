"""The names and phrases of which demo texts are composed."""

PEOPLE = [
    "Amara Okafor", "Bruno Keller", "Chiara Romano", "Dmitri Volkov", "Elif Yilmaz",
    "Felix Lindgren", "Grace Mensah", "Hiro Tanaka", "Ines Duarte", "Jonas Berg",
    "Kavya Rao", "Liam Byrne", "Mei Chen", "Noor Haddad", "Olga Nowak",
    "Pablo Serrano", "Quinn Harper", "Rosa Jimenez", "Sven Olsen", "Tala Reyes",
    "Umar Farouk", "Vera Horvat", "Wanda Fischer", "Xavier Dubois", "Yara Santos",
    "Zoe Martin", "Anton Weber", "Bianca Silva", "Carlos Vega", "Dalia Amin",
]  # fmt: skip

LABELS = [
    ("bug", "#d73a4a", "Something does not work as it is said to."),
    ("feature", "#0e8a16", "Something new."),
    ("chore", "#bfd4f2", "What must be done and nobody sees."),
    ("docs", "#0075ca", "Words for users."),
    ("performance", "#fbca04", "It works, but slowly."),
    ("security", "#b60205", "Look at it first."),
    ("accessibility", "#5319e7", "For everybody."),
    ("design", "#f9d0c4", "How it looks and feels."),
    ("regression", "#e99695", "It worked before."),
    ("customer", "#c2e0c6", "Somebody who pays asked for it."),
    ("good first task", "#7057ff", "Small, and well described."),
    ("needs decision", "#d4c5f9", "Somebody has to say what we want."),
]

PROJECTS = [
    ("WEB", "Web app", "What our users see first."),
    ("API", "Public API", "What our users build on."),
    ("APP", "Mobile apps", "In the pocket, on the train, without a network."),
    ("OPS", "Operations", "Deploys, backups, alerts and the pager."),
    ("DOC", "Documentation", "Guides, reference, and the examples that really run."),
    ("PAY", "Billing", "Plans, invoices and taxes."),
    ("SRC", "Search", "Find anything, fast."),
    ("OLD", "Legacy importer", "Moves customers off the old system. Finished."),
]

VERBS = [
    "Fix", "Speed up", "Rework", "Document", "Remove", "Add", "Test", "Monitor", "Simplify",
    "Investigate", "Migrate", "Translate", "Cache", "Retire", "Polish", "Harden",
]  # fmt: skip

THINGS = [
    "the sign-in page", "the invoice export", "webhook retries", "the settings menu",
    "avatar uploads", "the onboarding tour", "keyboard shortcuts", "the calendar feed",
    "rate limits", "the audit log", "push notifications", "the search index", "dark mode",
    "the billing portal", "CSV imports", "the nightly backup", "session handling",
    "the error page", "email digests", "the activity feed", "time zone handling",
    "the permission check", "drag and drop", "the release pipeline", "the mobile menu",
    "two-factor codes", "the health dashboard", "attachment previews", "the public roadmap",
]  # fmt: skip

CIRCUMSTANCES = [
    "on slow networks", "for large teams", "after a restart", "in Safari", "for guests",
    "when the database is busy", "for screen readers", "before the release", "with old tokens",
    "across time zones", "for archived projects", "on small screens", "without JavaScript",
    "under load", "for the enterprise plan", "when the disk is full", "in right-to-left languages",
    "behind a proxy", "with thousands of labels", "after the migration",
]  # fmt: skip

SENTENCES = [
    "Two customers reported this within a day.",
    "It happens about once in fifty tries, more often in the morning.",
    "The current behavior is neither documented nor tested.",
    "We agreed on the approach in the last review; the sketch is linked from the milestone.",
    "The fix itself is small, but it touches code that everything depends on.",
    "Support has a workaround, so this is not on fire.",
    "Measure before and after, on the same machine.",
    "The old code path must keep working until the next major version.",
    "See the related tasks for the history of this.",
    "It would be good to have this before the conference.",
    "Nobody remembers why it was done this way.",
    "Keep the change behind a flag until a week has passed without complaints.",
]

STEPS = [
    "write a failing test", "reproduce it locally", "ask design for the final text",
    "update the docs", "add a metric", "check the mobile apps", "remove the flag",
    "tell support", "run the load test", "review the query plan", "add a changelog line",
]  # fmt: skip

REMARKS = [
    "I can reproduce this on the current build.",
    "Looks good to me, apart from the naming.",
    "Could this wait until after the release?",
    "The graph from last night shows the same spike.",
    "I have pushed a first draft; comments welcome.",
    "We had this before: the cause was a stale cache.",
    "Moving this to the next milestone.",
    "Thanks, that was exactly it.",
    "The customer confirms that it works now.",
    "I would rather not add another setting for this.",
    "Half of it is done; the rest needs a decision.",
    "Test added, it fails without the fix.",
    "Let us talk about this at the stand-up.",
    "This also happens with an empty workspace.",
    "Rolled back for now.",
    "The numbers are better than expected: a third less memory.",
    "Please add the steps to reproduce.",
    "I will look at it tomorrow.",
]

GOALS = [
    "Fewer surprises for new users.",
    "Half the waiting time on every page.",
    "Nothing lost, whatever fails.",
    "One way to do it, and it is documented.",
    "Ready for ten times the load.",
    "No open regressions.",
]

PLACES = ["Room Ada", "Room Grace", "Video call", "Kitchen", None]

#: Emoji with their relative frequency.
REACTIONS = [("👍", 50), ("🎉", 12), ("❤️", 12), ("🚀", 10), ("😄", 8), ("👀", 8)]
