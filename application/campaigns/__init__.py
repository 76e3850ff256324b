"""What can be done with campaigns, and what the scheduler does about them: launch, fan out, count, finish."""
