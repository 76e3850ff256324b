Feature: Sends whose outcome nobody knows
  A text message costs money and cannot be taken back. When the gateway does not answer, nobody knows whether it was sent:
  it is never sent again by itself, the gateway is asked, and what stays unknown is charged and said so.

  Background:
    Given a shop with an SMS gateway, and Minsu's number

  Scenario: The gateway knows of it
    Given the gateway does not answer the first request
    When the shop texts Minsu
    Then the text is of unknown outcome
    When the gateway says that it was sent
    Then the text is sent
    And the gateway got 1 request to send
    And 1 message is charged

  Scenario: The gateway never heard of it
    Given the gateway does not answer the first request
    When the shop texts Minsu
    And the gateway says after 10 minutes that it knows nothing of it
    Then the text is of unknown outcome
    When the gateway says after 6 minutes that it knows nothing of it
    And the wait before the next attempt is over
    Then the text is sent
    And the gateway got 2 requests to send
    And 1 message is charged

  Scenario: Nobody can say for a day
    Given the gateway does not answer the first request
    When the shop texts Minsu
    And 25 hours pass
    Then the text has failed because its outcome is unknown
    And the gateway got 1 request to send
    And 1 message is charged
    And the shop is told of 1 message that was charged without proof

  Scenario: The process that was sending died
    Given the worker dies right before its request
    When the shop texts Minsu
    Then the text is of unknown outcome
    And the gateway got 0 requests to send
