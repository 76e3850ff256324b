Feature: People who said stop
  Whoever answers STOP is not written to again, not even when the app registers the number anew. START is heard as well, and
  an old STOP that is reported once more does not count against it.

  Background:
    Given a shop with an SMS gateway, and Minsu's number

  Scenario: STOP is final for the shop
    When Minsu answers STOP
    And the app registers the number anew
    And the shop texts Minsu
    Then the text is refused because the number is suppressed
    And the gateway got 0 requests to send

  Scenario: A text that was queued before is not sent
    Given a text to Minsu waits in the queue
    When Minsu answers STOP
    And the queue moves on
    Then the waiting text has failed because the number is suppressed
    And 0 messages are charged

  Scenario: START takes STOP back
    Given Minsu answered STOP an hour ago
    When Minsu answers START
    And the gateway reports the old STOP once more
    And the shop texts Minsu
    Then the text is sent
