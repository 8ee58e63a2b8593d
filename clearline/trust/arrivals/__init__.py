"""What the app asks as it arrives: how much of it lately, and what was answered to it before."""
