"""What each recipient was told, and the queue of mails."""
